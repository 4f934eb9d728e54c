/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include "args.h"

#define BIT(option) (1u << (option))

const struct verb mmectl_verbs[VERB_COUNT] = {
    [VERB_INSTALL] =
        {"install", "NAME|FILE",
         BIT(OPT_ALIAS) | BIT(OPT_SET) | BIT(OPT_DRY_RUN) | BIT(OPT_INTERACTIVE) | BIT(OPT_FORCE) |
             BIT(OPT_NO_WAIT) | BIT(OPT_NO_TRIAL) | BIT(OPT_PREFIX),
         1, 1, COMPLETE_FILE, "mmewave mmecodec mmewine", "install a driver (sends it DRV_INSTALL)",
         "Opens the driver as an application would and sends it DRV_INSTALL. The driver verifies\n"
         "settings, supporting drivers and hardware, and only then writes, in one transaction "
         "that\n"
         "happens wholly or not at all. Installing what is installed already changes nothing.\n"
         "FILE, written with its folder, is somebody else's driver module: it is copied to where\n"
         "programs look for drivers and gets an alias, then the message; its answer is told, and\n"
         "if it refuses, both are taken back. Files that it needs must be there already.\n"
         "On Windows mmectl needs the rights of an administrator and copies the modules that lie\n"
         "beside it, for both widths: mmewave.drv, mmewave64.drv, mmewave32.drv, x64\\, x86\\.\n"
         "Under Wine it waits up to 35 s until the registry has been saved.\n"
         "mmewine is for Wine alone: what it installs counts only when a new program has opened\n"
         "its device; else all is taken back. --prefix DIR installs into a Wine prefix from\n"
         "outside, while no program runs in it; Wine is only started for that trial. Modules are\n"
         "looked for in $MMEKIT_MODULES and beside mmectl, below x64/ and x86/.\n",
         "  mmectl install mmewave\n"
         "  mmectl install mmewave --set backend=file --set path=/tmp/out.wav\n"
         "  mmectl install mmewave --alias wave3 --dry-run\n"
         "  mmectl install ./third-party.so --alias wave2\n"
         "  mmectl install mmewine --prefix ~/.wine --set backend=file\n"},
    [VERB_REMOVE] = {"remove", "NAME",
                     BIT(OPT_KEEP_SETTINGS) | BIT(OPT_DRY_RUN) | BIT(OPT_FORCE) | BIT(OPT_NO_WAIT) |
                         BIT(OPT_PREFIX),
                     1, 1, COMPLETE_WORDS, "mmewave mmecodec mmewine",
                     "remove a driver (sends it DRV_REMOVE)",
                     "Takes out what the installation wrote and nothing else; what it had replaced "
                     "comes back.\n"
                     "Values that somebody edited since are kept and named.\n",
                     "  mmectl remove mmewave\n"
                     "  mmectl remove mmewave --keep-settings\n"},
    [VERB_REPAIR] =
        {"repair", "NAME",
         BIT(OPT_DRY_RUN) | BIT(OPT_FORCE) | BIT(OPT_NO_WAIT) | BIT(OPT_NO_TRIAL) | BIT(OPT_PREFIX),
         1, 1, COMPLETE_WORDS, "mmewave mmecodec mmewine", "write again what is damaged",
         "Puts back the values that the installation owns. Edits by somebody else are kept unless\n"
         "--force is given.\n",
         "  mmectl repair mmewave\n"},
    [VERB_VERIFY] = {"verify", "[NAME]", BIT(OPT_PREFIX), 0, 1, COMPLETE_WORDS,
                     "mmewave mmecodec mmewine", "compare what is with what should be",
                     "Changes nothing. Each finding names its cure. Exit code 6 if there is one, "
                     "or if nothing\n"
                     "is installed.\n",
                     "  mmectl verify\n"
                     "  mmectl verify mmewave --json\n"},
    [VERB_STATUS] = {"status", "[NAME]", BIT(OPT_PREFIX), 0, 1, COMPLETE_WORDS,
                     "mmewave mmecodec mmewine", "what is installed, and how the last try ended",
                     "Reads the ownership record and the status file; needs no rights to write.\n",
                     "  mmectl status\n"
                     "  mmectl status mmewave --json\n"},
    [VERB_RECOVER] =
        {"recover", "", BIT(OPT_NO_WAIT) | BIT(OPT_PREFIX), 0, 0, COMPLETE_NONE, NULL,
         "finish what an interrupted run left",
         "Undoes a transaction that had not reached its commit point, completes one that had.\n"
         "On a clean system nothing is written. install, remove and repair do the same first.\n",
         "  mmectl recover\n"},
    [VERB_LIST] =
        {"list", "drivers|devices|formats|aliases", BIT(OPT_PREFIX), 1, 1, COMPLETE_WORDS,
         "drivers devices formats aliases", "list drivers, devices, formats or aliases",
         "  drivers   drivers of this build and installed ones\n"
         "  devices   wave devices that programs see, and what can be behind them\n"
         "  formats   sample formats, codecs and kinds of files of play, record and convert\n"
         "  aliases   wave, midi, aux, mixer and msacm entries of Drivers32, both views\n",
         "  mmectl list devices\n"
         "  mmectl list aliases --json\n"},
    [VERB_CONFIG] =
        {"config", "NAME [get|set|reset] [K[=V]]...",
         BIT(OPT_DRY_RUN) | BIT(OPT_INTERACTIVE) | BIT(OPT_USER) | BIT(OPT_NO_WAIT) |
             BIT(OPT_PREFIX),
         1, SIZE_MAX, COMPLETE_WORDS, "mmewave mmecodec mmewine",
         "read or change a driver's settings",
         "get shows values and where each comes from; set and reset send DRV_CONFIGURE. A setting\n"
         "of one device is written device.N.K, with N from 0. reset without K resets all.\n"
         "Without rights over the machine the user's own settings are written; --user asks for\n"
         "that. --interactive asks for all: in the driver's dialog on Windows, else on the "
         "terminal.\n",
         "  mmectl config mmewave\n"
         "  mmectl config mmewave get rate_hz\n"
         "  mmectl config mmewave set rate_hz=96000 sample_format=float32\n"
         "  mmectl config mmewave set device.1.backend=null\n"
         "  mmectl config mmewave reset rate_hz\n"
         "  mmectl config mmewave --interactive\n"},
    [VERB_PLAY] =
        {"play", "FILE...",
         BIT(OPT_DEVICE) | BIT(OPT_RATE) | BIT(OPT_VOLUME) | BIT(OPT_LOOP) | BIT(OPT_OUTPUT) |
             BIT(OPT_FREEWHEEL),
         1, SIZE_MAX, COMPLETE_FILE, NULL, "play sound files through an installed driver",
         "Reads what libsndfile reads, a piece at a time, and plays it through waveOut as an\n"
         "application does. Files of the same format follow each other without a gap.\n"
         "--output plays into a WAV file instead, in the recording's own format unless a setting\n"
         "or --rate says otherwise.\n"
         "On Windows the numbers of --device are winmm's; behind them come devices of installed\n"
         "drivers, which winmm need not list (Wine lists none): mmectl opens those drivers "
         "itself,\n"
         "as winmm would. Without --device a driver that mmectl installed goes before winmm's 0,\n"
         "and files are WAV or RF64 only.\n"
         "Ctrl-C stops at once, leaves every file whole and ends with its own exit code.\n",
         "  mmectl play song.flac\n"
         "  mmectl play a.wav b.wav --device 1 --volume 50%\n"
         "  mmectl play a.wav --device wave1\n"
         "  mmectl play in.wav --output out.wav --rate 44100 --freewheel\n"},
    [VERB_RECORD] =
        {"record", "OUT.wav", BIT(OPT_SECONDS) | BIT(OPT_DEVICE) | BIT(OPT_FREEWHEEL), 1, 1,
         COMPLETE_FILE, NULL, "record from an installed driver into a WAV file",
         "Records in the device's own format through waveIn. --seconds 0 records until Ctrl-C.\n"
         "The file appears under its name when the recording is complete or was stopped by\n"
         "Ctrl-C; an existing file is only replaced then.\n",
         "  mmectl record out.wav --seconds 10\n"
         "  mmectl record out.wav --seconds 0 --device 1\n"},
    [VERB_CONVERT] =
        {"convert", "IN OUT",
         BIT(OPT_FORMAT) | BIT(OPT_RATE) | BIT(OPT_CHANNELS) | BIT(OPT_QUALITY), 2, 2,
         COMPLETE_FILE, NULL, "convert a sound file",
         "The kind of OUT follows its ending: wav, flac, ogg, aiff, au, caf, w64, rf64 and more\n"
         "(list formats). The codecs of mmecodec do the work. What is not asked for stays: nothing\n"
         "changed means the same samples, bit for bit. Going to fewer bits adds triangular dither.\n"
         "OUT is replaced only when the whole of it is written.\n",
         "  mmectl convert in.flac out.wav\n"
         "  mmectl convert in.wav out.wav --rate 44100 --format s16\n"
         "  mmectl convert in.wav out.flac --channels 2 --quality ultra\n"
         "  mmectl convert in.wav phone.wav --format gsm --rate 8000 --channels 1\n"},
    [VERB_DIAGNOSE] =
        {"diagnose", "", BIT(OPT_PREFIX), 0, 0, COMPLETE_NONE, NULL,
         "one page to paste into a bug report",
         "Versions, host, registry and journal, drivers with their slots in both views, devices,\n"
         "settings with their source, last results and the findings of verify. Changes nothing.\n",
         "  mmectl diagnose\n"
         "  mmectl diagnose --json\n"},
    [VERB_HELP] = {"help", "[VERB]", 0, 0, 1, COMPLETE_WORDS,
                   "install remove repair verify status recover list config play record convert "
                   "diagnose help completion",
                   "explain a verb", "", "  mmectl help install\n"},
    [VERB_COMPLETION] = {"completion", "bash|zsh|fish", 0, 1, 1, COMPLETE_WORDS, "bash zsh fish",
                         "print a shell's completion script",
                         "The script goes to standard output; load it as the example shows.\n",
                         "  source <(mmectl completion bash)\n"
                         "  mmectl completion zsh > ~/.zfunc/_mmectl\n"
                         "  mmectl completion fish > ~/.config/fish/completions/mmectl.fish\n"},
};

const struct option mmectl_options[OPT_COUNT] = {
    [OPT_ALIAS] = {"alias", "A", COMPLETE_NONE, NULL, "use this alias, such as wave3"},
    [OPT_SET] = {"set", "K=V", COMPLETE_NONE, NULL, "a setting; may be given several times"},
    [OPT_DRY_RUN] = {"dry-run", NULL, COMPLETE_NONE, NULL, "show the plan and change nothing"},
    [OPT_INTERACTIVE] = {"interactive", NULL, COMPLETE_NONE, NULL, "ask for the settings"},
    [OPT_FORCE] = {"force", NULL, COMPLETE_NONE, NULL, "allow a downgrade, overwrite conflicts"},
    [OPT_NO_WAIT] = {"no-wait", NULL, COMPLETE_NONE, NULL,
                     "do not wait until the registry has saved itself"},
    [OPT_NO_TRIAL] = {"no-trial", NULL, COMPLETE_NONE, NULL,
                      "start no program that tries what was installed"},
    [OPT_PREFIX] = {"prefix", "DIR", COMPLETE_FILE, NULL,
                    "a Wine prefix, from outside; empty: $WINEPREFIX, else ~/.wine"},
    [OPT_KEEP_SETTINGS] = {"keep-settings", NULL, COMPLETE_NONE, NULL,
                           "leave the settings for a later install"},
    [OPT_USER] = {"user", NULL, COMPLETE_NONE, NULL,
                  "write this user's own settings, for which no rights are needed"},
    [OPT_DEVICE] = {"device", "N", COMPLETE_NONE, NULL,
                    "wave device: its number in `list devices`, its alias or its driver"},
    [OPT_RATE] = {"rate", "HZ", COMPLETE_NONE, NULL, "sample rate of the result, in Hz"},
    [OPT_VOLUME] = {"volume", "V", COMPLETE_NONE, NULL,
                    "0% to 100%, or LEFT%,RIGHT%; 100% is unchanged"},
    [OPT_LOOP] = {"loop", "N", COMPLETE_NONE, NULL, "play the whole list N times"},
    [OPT_OUTPUT] = {"output", "OUT.wav", COMPLETE_FILE, NULL, "play into this file"},
    [OPT_FREEWHEEL] = {"freewheel", NULL, COMPLETE_NONE, NULL,
                       "as fast as it goes instead of in real time"},
    [OPT_SECONDS] = {"seconds", "S", COMPLETE_NONE, NULL, "how long; 0: until Ctrl-C"},
    [OPT_FORMAT] = {"format", "F", COMPLETE_WORDS, "u8 s16 s24 s32 float32 float64 alaw ulaw ima msadpcm gsm vorbis opus mp3 alac16 "
                    "alac24 g721 vox",
                    "how OUT holds its samples"},
    [OPT_CHANNELS] = {"channels", "N", COMPLETE_NONE, NULL, "channels of OUT, 1 to 8"},
    [OPT_QUALITY] = {"quality", "Q", COMPLETE_WORDS, "draft fast high ultra",
                     "of rate conversion; default high"},
    [OPT_REGISTRY] = {"registry", "FILE", COMPLETE_FILE, NULL,
                      "the registry file; default: $MMEKIT_REGISTRY"},
    [OPT_JSON] = {"json", NULL, COMPLETE_NONE, NULL, "one JSON document on standard output"},
    [OPT_QUIET] = {"quiet", NULL, COMPLETE_NONE, NULL, "only errors; the exit code tells the rest"},
    [OPT_VERBOSE] = {"verbose", NULL, COMPLETE_NONE, NULL, "show messages, plan and states"},
    [OPT_HELP] = {"help", NULL, COMPLETE_NONE, NULL, "explain the verb"},
    [OPT_VERSION] = {"version", NULL, COMPLETE_NONE, NULL, "show the version"},
};
