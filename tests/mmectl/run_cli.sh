#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the mmekit authors
#
# mmectl as a user or a script meets it: run_cli.sh MMECTL CLI_TOOL FOREIGN.so WAVCMP FIXTURES MANPAGE
# Each case is a function test_*; the last line is "N passed, N failed".

set -u

mmectl=$1
tool=$2
foreign=$3
wavcmp=$4
fixtures=$5
manpage=$6

verbs="install remove repair verify status recover list config play record convert diagnose help completion"

dir=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$dir" 2>/dev/null; rm -rf "$dir"' EXIT
reg=$dir/registry.reg
passed=0
failed=0
skipped=""
skip() { # skip NAME REASON: said at the end, in the words that ./dev counts
    skipped="${skipped}SKIP $1: $2
"
}

for variable in $(env | sed -n 's/^\(MMEKIT_[A-Z_]*\)=.*/\1/p') NO_COLOR; do
    unset "$variable"
done

say() {
    printf '    %s\n' "$*"
}

# ctl WANTED_EXIT WORDS...: run it on the case's registry; output in $dir/out and $dir/err
ctl() {
    want=$1
    shift
    "$mmectl" --registry "$reg" "$@" >"$dir/out" 2>"$dir/err" </dev/null
    got=$?
    [ $got = "$want" ] && return 0
    say "exit $got instead of $want: mmectl $*"
    sed 's/^/      /' "$dir/out" "$dir/err"
    return 1
}

out_has() {
    grep -q -- "$1" "$dir/out" && return 0
    say "standard output lacks \"$1\":"
    sed 's/^/      /' "$dir/out"
    return 1
}

err_has() {
    grep -q -- "$1" "$dir/err" && return 0
    say "standard error lacks \"$1\":"
    sed 's/^/      /' "$dir/err"
    return 1
}

# one line, and nothing on standard output
one_line_error() {
    [ "$(wc -l <"$dir/err")" -eq 1 ] && [ ! -s "$dir/out" ] && grep -q '^mmectl: ' "$dir/err" && return 0
    say "not exactly one line of error:"
    sed 's/^/      /' "$dir/out" "$dir/err"
    return 1
}

json_has() {
    "$tool" json "$dir/out" "$@" && return 0
    sed 's/^/      /' "$dir/out"
    return 1
}

same() {
    cmp "$1" "$2"
}

foreign_registry() {
    cp "$fixtures/${1:-export-utf16le.reg}" "$reg" && cp "$reg" "$dir/before.reg"
}

# a recording that needs no file of the system: $1 frames of 16 bits, 48000 Hz, mono
make_wav() {
    "$tool" wav "$1" "$2"
}

# ------------------------------------------------------------------ help and usage

test_help_of_every_verb() {
    ctl 0 --help && out_has 'exit codes' || return 1
    for verb in $verbs; do
        ctl 0 "$verb" --help && out_has "^usage: mmectl $verb" && out_has '^examples:' || return 1
        cp "$dir/out" "$dir/help"
        ctl 0 help "$verb" && same "$dir/out" "$dir/help" || return 1
    done
    ctl 0 --version && out_has '^mmectl [0-9]'
}

test_usage_errors_exit_2_with_one_line() {
    while read -r words; do
        # shellcheck disable=SC2086
        ctl 2 $words && one_line_error || return 1
    done <<END
frobnicate
install
install a b
install mmewave --alias
install mmewave --rate 8000
install mmewave --interactive
install mmewave --set rate_hz
install mmewave --set =x
install mmewave --set rate_hz=12monkeys
install mmewave --set rate_hz=999999
install mmewave --set no_such=1
install mmewave --set device.99.backend=null
install nosuchdriver
remove
verify a b
list
list nothing
config
config mmewave set rate_hz
config mmewave set
config mmewave get nothing
config mmewave reset rate_hz=1
play
play x.wav --volume 101
play x.wav --volume -1
play x.wav --volume nan
play x.wav --loop 0
play x.wav --rate 999
play x.wav --device -1
play x.wav --device 1x
record out.wav
record out.wav --seconds -1
record out.wav --seconds 1e
convert a.wav
convert a.wav b.wav --channels 9
convert a.wav b.wav --format s17
convert a.wav b.wav --quality best
completion
completion tcsh
help frobnicate
--quiet --verbose status
-x
END
    [ ! -e "$reg" ]
}

test_usage_error_suggests() {
    ctl 2 instal mmewave && err_has 'did you mean "install"' &&
        ctl 2 install mmewave --dryrun && err_has 'did you mean "--dry-run"' &&
        ctl 2 install mmewav && err_has 'did you mean "mmewave"' &&
        ctl 2 config mmewave get rate_h && err_has 'did you mean "rate_hz"' &&
        ctl 2 list alises && err_has 'did you mean "aliases"' &&
        ctl 2 help ply && err_has 'did you mean "play"'
}

test_completion_knows_every_verb_and_option() {
    for shell in bash zsh fish; do
        ctl 0 completion $shell || return 1
        for word in $verbs dry-run keep-settings freewheel quality; do
            out_has "$word" || return 1
        done
    done
    ctl 0 completion bash && bash -n "$dir/out" &&
        printf '. "%s"\nCOMP_WORDS=(mmectl ins); COMP_CWORD=1; _mmectl; echo "${COMPREPLY[*]}"\nCOMP_WORDS=(mmectl play --fr); COMP_CWORD=2; _mmectl; echo "${COMPREPLY[*]}"\n' \
            "$dir/out" >"$dir/try" && [ "$(bash "$dir/try" | tr '\n' ' ')" = "install --freewheel " ]
}

test_manual_names_every_verb_and_option() {
    for verb in $verbs; do
        grep -q "^\.It Cm $verb\|^\.Cm $verb" "$manpage" || { say "no $verb"; return 1; }
        ctl 0 help "$verb" || return 1
        for option in $(sed -n 's/^  --\([a-z-]*\).*/\1/p' "$dir/out"); do
            grep -q "^\.It Fl -$option" "$manpage" || { say "no --$option"; return 1; }
        done
    done
}

test_manual_is_well_formed() {
    if ! command -v mandoc >/dev/null; then
        skip manual_is_well_formed "mandoc is not installed"
        return 77
    fi
    mandoc -T lint -W warning "$manpage"
}

test_json_errors_are_json_too() {
    ctl 2 --json frobnicate && json_has ok=false exit=2 error.code=USAGE verb=null error.cure='*' &&
        ctl 2 install --json && json_has ok=false verb=install error.text='*' &&
        ctl 1 play --json "$dir/no \"such\" \\ file.wav" && json_has ok=false error.code=INPUT
}

test_full_standard_output_is_noticed() {
    [ -w /dev/full ] || { skip full_standard_output "no /dev/full"; return 77; }
    "$mmectl" list formats >/dev/full 2>"$dir/err"
    [ $? = 1 ] && err_has 'standard output'
}

# ------------------------------------------------------------------ install and remove

test_install_and_remove_leave_the_file_as_it_was() {
    for file in export-utf16le.reg hand-ascii.reg mixed-utf8.reg; do
        foreign_registry $file &&
            ctl 0 install mmewave --set backend=file --set "path=$dir/o.wav" &&
            ! cmp -s "$reg" "$dir/before.reg" && ctl 0 verify mmewave && ctl 0 remove mmewave &&
            same "$reg" "$dir/before.reg" || return 1
    done
}

test_install_into_no_file_and_remove() {
    rm -f "$reg"
    ctl 0 install mmewave && out_has 'wave1 = mmewave.drv' && [ -s "$reg" ] && ctl 0 verify &&
        ctl 0 remove mmewave && ctl 6 verify
}

test_install_twice_changes_nothing() {
    foreign_registry && ctl 0 install mmewave && cp "$reg" "$dir/once.reg" &&
        ctl 0 install mmewave && out_has already && same "$reg" "$dir/once.reg" &&
        ctl 0 --json install mmewave && json_has answer=OK reason=ALREADY ok=true exit=0
}

test_dry_run_shows_and_changes_nothing() {
    foreign_registry && ctl 0 install mmewave --dry-run && out_has wave1 && out_has Drivers32 &&
        same "$reg" "$dir/before.reg" && ctl 0 --json install mmewave --dry-run &&
        json_has dry_run=true plan.0.action='*' plan.0.target='*' states.0=CHECKED &&
        same "$reg" "$dir/before.reg" && ctl 6 status mmewave
}

test_install_json_tells_messages_states_and_value() {
    foreign_registry && ctl 0 --json install mmewave --set backend=file --set "path=$dir/a b.wav" &&
        json_has verb=install driver=mmewave answer=OK alias=wave1 messages.0.message=DRV_LOAD \
            messages.0.answer=1 reached='*' durable=true error=null plan='[]' &&
        out_has 'mmewave.drv /backend:file /path:'
}

test_alias_is_used_and_foreign_slot_is_not_taken() {
    foreign_registry hand-ascii.reg && ctl 1 install mmewave --alias wave1 && err_has 'other' &&
        same "$reg" "$dir/before.reg" && ctl 0 install mmewave --alias wave5 &&
        out_has 'wave5 = mmewave.drv' && ctl 0 remove mmewave && same "$reg" "$dir/before.reg" &&
        ctl 1 install mmewave --alias wave0 && ctl 1 install mmewave --alias wave10 &&
        same "$reg" "$dir/before.reg"
}

test_verbose_shows_messages_in_order() {
    foreign_registry && ctl 0 --verbose install mmewave &&
        grep -o 'DRV_[A-Z]* \|state [A-Z]*' "$dir/out" | tr -d ' ' | tr '\n' ' ' >"$dir/order" &&
        grep -q '^DRV_LOAD DRV_ENABLE DRV_OPEN .*stateCHECKED stateSUPPORTED stateCONFIGURED statePROBED stateJOURNALED .*stateVERIFIED stateCOMMITTED .*DRV_INSTALL DRV_CLOSE DRV_DISABLE DRV_FREE ' \
            "$dir/order" && return 0
    cat "$dir/order"
    return 1
}

test_status_and_verify_say_not_installed() {
    foreign_registry && ctl 6 status mmewave && out_has 'not installed' && ctl 0 status &&
        ctl 6 verify && ctl 6 verify mmewave && ctl 6 --quiet verify && [ ! -s "$dir/out" ] &&
        ctl 6 remove mmewave && ctl 6 --json verify && json_has drivers.0.installed=false exit=6 &&
        ctl 2 status nosuch && same "$reg" "$dir/before.reg"
}

test_status_json_after_install() {
    foreign_registry && ctl 0 install mmewave && ctl 0 --json status mmewave &&
        json_has drivers.0.installed=true drivers.0.alias=wave1 drivers.0.file=mmewave.drv \
            drivers.0.last_result.answer=OK drivers.0.last_result.verb=install unfinished=false
}

test_damage_is_found_and_repaired() {
    cp "$fixtures/hand-ascii.reg" "$reg" && ctl 0 install mmewave && cp "$reg" "$dir/good.reg" &&
        sed 's/^"wave2"=.*\r$//' "$dir/good.reg" >"$reg" && ! cmp -s "$reg" "$dir/good.reg" &&
        ctl 6 verify mmewave && ctl 6 --json verify &&
        json_has drivers.0.installed=true drivers.0.findings.0.cure='*' &&
        ctl 0 repair mmewave && ctl 0 verify mmewave
}

test_recover_on_a_clean_system_writes_nothing() {
    foreign_registry && ctl 0 recover && out_has 'nothing' && same "$reg" "$dir/before.reg" &&
        ctl 0 --json recover && json_has recovered=false ok=true
}

test_config_set_get_reset() {
    foreign_registry && ctl 0 install mmewave && cp "$reg" "$dir/fresh.reg" &&
        ctl 0 config mmewave set rate_hz=96000 sample_format=float32 device.1.backend=null &&
        ctl 0 config mmewave get rate_hz && out_has '96000' &&
        ctl 0 --json config mmewave get rate_hz sample_format &&
        json_has settings.0.name=rate_hz settings.0.value=96000 settings.0.default=48000 \
            settings.1.value=float32 &&
        ctl 0 --json config mmewave get device.1.backend && json_has settings.0.value=null settings.0.device=1 &&
        ctl 0 config mmewave rate_hz=44100 && ctl 0 config mmewave rate_hz && out_has 44100 &&
        ctl 0 config mmewave reset rate_hz && ctl 0 --json config mmewave get rate_hz &&
        json_has settings.0.value=48000 && ctl 0 config mmewave set rate_hz=8000 &&
        ctl 0 --dry-run config mmewave set rate_hz=11025 && ctl 0 config mmewave get rate_hz &&
        out_has ' 8000' && ctl 0 remove mmewave && same "$reg" "$dir/before.reg"
}

test_config_of_environment_wins() {
    foreign_registry && ctl 0 install mmewave && MMEKIT_RATE_HZ=22050 ctl 0 --json config mmewave get rate_hz &&
        json_has settings.0.value=22050 settings.0.source=environment
}

test_keep_settings() {
    foreign_registry && ctl 0 install mmewave && ctl 0 config mmewave set rate_hz=32000 &&
        ctl 0 remove mmewave --keep-settings && ctl 0 install mmewave &&
        ctl 0 --json config mmewave get rate_hz && json_has settings.0.value=32000
}

test_mmecodec_and_mmewine_are_products_too() {
    foreign_registry && ctl 0 install mmecodec && out_has 'msacm.mmekit = mmecodec.acm' && ctl 0 status mmecodec &&
        out_has 'installed as msacm.mmekit' && ctl 0 remove mmecodec && same "$reg" "$dir/before.reg" &&
        ctl 1 install mmewine && err_has 'is for Wine: name a prefix with --prefix' && same "$reg" "$dir/before.reg" &&
        ctl 0 list drivers && out_has 'mmewine .*not installed'
}

test_foreign_module_answers_are_mapped() {
    name=${foreign##*/}
    foreign_registry && ctl 0 install "$foreign" --alias wave4 && out_has 'OK' &&
        out_has "wave4 = $name" && ctl 0 remove "$name" && same "$reg" "$dir/before.reg" &&
        FOREIGN_ANSWER=2 ctl 3 install "$foreign" && ctl 0 remove "$name" &&
        FOREIGN_ANSWER=0 ctl 1 install "$foreign" && err_has CANCEL && same "$reg" "$dir/before.reg" &&
        FOREIGN_ANSWER=7 ctl 1 install "$foreign" && err_has ' 7' && same "$reg" "$dir/before.reg" &&
        FOREIGN_ANSWER=noload ctl 1 install "$foreign" && same "$reg" "$dir/before.reg" &&
        ctl 1 install "$dir/none.so" &&
        ctl 1 install "$fixtures/hand-ascii.reg" && one_line_error &&
        ctl 2 install "$foreign" --set rate_hz=1000 && FOREIGN_ANSWER=2 ctl 3 --json install "$foreign" &&
        json_has answer=RESTART ok=true exit=3 alias=wave1 messages.0.message=DRV_LOAD &&
        ctl 0 remove "$name" && same "$reg" "$dir/before.reg" && [ ! -e "$dir/drivers" ]
}

test_foreign_module_is_owned_until_it_is_removed() {
    name=${foreign##*/}
    foreign_registry hand-ascii.reg && ctl 0 install "$foreign" --dry-run && out_has 'copy file' &&
        same "$reg" "$dir/before.reg" && [ ! -e "$dir/drivers" ] &&
        ctl 0 install "$foreign" && same "$foreign" "$dir/drivers/$name" &&
        cp "$reg" "$dir/once.reg" && ctl 0 install "$foreign" && same "$reg" "$dir/once.reg" &&
        FOREIGN_ANSWER=0 ctl 1 install "$foreign" && same "$reg" "$dir/once.reg" &&
        ctl 0 list drivers && out_has "$name of another maker" && ctl 0 status "$name" &&
        ctl 0 verify "$name" && ctl 0 --json list aliases && out_has "\"driver\":\"$name\"" &&
        sed 's/^"wave2"=.*\r$//' "$dir/once.reg" >"$reg" && ctl 6 verify "$name" && ctl 0 repair "$name" &&
        ctl 0 verify && ctl 1 install "$foreign" --alias wave1 && ctl 0 install mmewave &&
        FOREIGN_ANSWER=2 ctl 0 remove "$foreign" --dry-run && ctl 0 remove "$name" && ctl 0 verify &&
        ctl 2 status "$name" && ctl 0 remove mmewave && foreign_registry hand-ascii.reg &&
        ctl 0 install "$foreign" && rm "$dir/drivers/$name" && ctl 0 remove "$name" &&
        err_has 'did not hear' && same "$reg" "$dir/before.reg"
}

test_device_may_be_named() {
    make_wav 4800 "$dir/in.wav" && foreign_registry && ctl 0 install mmewave --alias wave3 || return 1
    for name in 0 wave3 WAVE3 mmewave mmewave.drv; do
        ctl 0 --json play "$dir/in.wav" --device $name --freewheel && json_has device=0 frames=4800 || return 1
    done
    ctl 1 play "$dir/in.wav" --device wave4 && err_has 'no wave output device of "wave4"' &&
        ctl 1 play "$dir/in.wav" --device mme && ctl 1 record "$dir/r.wav" --seconds 1 --device alsa
}

test_lists() {
    foreign_registry && ctl 0 list drivers && out_has 'mmewave.*not installed' && ctl 0 install mmewave &&
        ctl 0 list drivers && out_has 'installed as wave1' && ctl 0 list formats && out_has float32 &&
        ctl 0 list devices && out_has '^   0 ' && ctl 0 --json list devices &&
        json_has playback.0.device=0 playback.0.file=mmewave.drv playback.0.alias=wave1 \
            capture.0.device=0 playback_backends.0.backend='*' &&
        ctl 0 --json list formats && json_has formats.0.format=u8 channels_max=8 &&
        ctl 0 --json list drivers && json_has drivers.0.driver=mmewave drivers.0.installed=true
}

test_list_aliases_names_holders_and_damage() {
    printf 'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\r\n"wave0"="odd.drv"\r\n"wave"="mmewave.drv"\r\n"vidc.x"="x.dll"\r\n"msacm.y"="y.acm"\r\n"wavemapper"="m.drv"\r\n' >"$reg"
    ctl 0 list aliases && out_has 'wave0 .*slot 0' && out_has 'msacm.y' &&
        ! grep -q 'vidc\|wavemapper' "$dir/out" && ctl 0 --json list aliases &&
        json_has aliases.0.alias=wave0 aliases.0.view=64 aliases.0.file=odd.drv aliases.0.damage='*' \
            aliases.1.damage=null
}

test_registry_text_cannot_steer_the_terminal() {
    printf 'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Drivers32]\r\n"wave3"="evil\033[31m\033]0;x\007.drv"\r\n' >"$reg"
    ctl 0 list aliases && out_has 'wave3' && ! grep -q "$(printf '\033')" "$dir/out" &&
        ctl 0 --json list aliases && json_has aliases.0.alias=wave3
}

test_diagnose_is_one_page() {
    foreign_registry && ctl 0 install mmewave && cp "$reg" "$dir/with.reg" && ctl 0 diagnose || return 1
    for word in mmectl host processor UTF-16LE CRLF journal wave1 rate_hz default mmewave.drv verify Drivers32; do
        out_has "$word" || return 1
    done
    [ "$(wc -l <"$dir/out")" -lt 100 ] && ctl 0 --json diagnose &&
        json_has registry.encoding='UTF-16LE with mark' registry.exists=true host=posix \
            drivers.0.alias=wave1 settings.0.driver=mmewave verify.0.problems=0 &&
        same "$reg" "$dir/with.reg"
}

test_environment_names_the_registry() {
    foreign_registry && MMEKIT_REGISTRY=$reg "$mmectl" install mmewave >"$dir/out" && out_has wave1 &&
        (unset HOME XDG_DATA_HOME; ! "$mmectl" status 2>"$dir/err" >"$dir/out") && err_has registry &&
        HOME=$dir/home "$mmectl" status >"$dir/out" && out_has 'not installed' && [ ! -e "$dir/home" ]
}

# ------------------------------------------------------------------ bad registries

test_locked_exits_5() {
    foreign_registry || return 1
    "$tool" lock "$reg" >"$dir/held" &
    holder=$!
    n=0
    until [ -s "$dir/held" ] || [ $n = 50 ]; do
        sleep 0.1
        n=$((n + 1))
    done
    ctl 5 install mmewave && err_has 'mmectl: ' && same "$reg" "$dir/before.reg"
    result=$?
    kill $holder
    wait $holder 2>/dev/null
    [ $result = 0 ] && ctl 0 install mmewave
}

test_bad_registries_are_named_and_kept() {
    head -c 801 "$fixtures/export-utf16le.reg" >"$dir/cut.reg"
    printf 'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\Software\\A]\r\n"a"="no end\r\n' >"$dir/open.reg"
    head -c 4096 /dev/urandom >"$dir/binary.reg"
    printf 'hello\n' >"$dir/text.reg"
    for file in cut open binary text; do
        reg=$dir/$file.reg
        cp "$reg" "$dir/before.reg"
        for words in 'install mmewave' 'remove mmewave' 'status' 'verify' 'list aliases' 'config mmewave get'; do
            # shellcheck disable=SC2086
            "$mmectl" --registry "$reg" $words >"$dir/out" 2>"$dir/err" </dev/null
            code=$?
            [ $code = 1 ] && err_has "$file.reg" && [ "$(wc -l <"$dir/err")" -eq 1 ] &&
                same "$reg" "$dir/before.reg" || {
                say "exit $code: mmectl $words on $file.reg"
                reg=$dir/registry.reg
                return 1
            }
        done
        "$mmectl" --registry "$reg" diagnose >"$dir/out" 2>&1 && out_has "$file.reg" || {
            reg=$dir/registry.reg
            return 1
        }
    done
    reg=$dir/registry.reg
}

test_registry_of_64_mib() {
    {
        printf 'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\Software\\Big]\r\n'
        awk 'BEGIN { for (i = 0; i < 1200000; i++) printf "\"value %08d\"=\"0123456789abcdef0123456789abcdef0123\"\r\n", i }'
    } >"$reg"
    [ "$(wc -c <"$reg")" -ge 67108864 ] && cp "$reg" "$dir/before.reg" && ctl 0 install mmewave &&
        ctl 0 verify && ctl 0 remove mmewave && same "$reg" "$dir/before.reg"
    result=$?
    rm -f "$dir/before.reg"
    return $result
}

test_registry_that_is_a_folder() {
    rm -rf "$reg" && mkdir "$reg" && ctl 1 install mmewave && one_line_error && ctl 1 status &&
        rmdir "$reg"
}

test_read_only_registry() {
    foreign_registry && chmod 0444 "$reg"
    if [ "$(id -u)" = 0 ]; then
        # root may write everywhere: as nobody, in a folder of nobody's
        if ! command -v setpriv >/dev/null; then
            skip read_only_registry "root, and no setpriv"
            return 77
        fi
        mkdir -p "$dir/theirs" && cp "$reg" "$dir/theirs/r.reg" && chmod 0555 "$dir/theirs" &&
            chmod 0755 "$dir" && chmod 0444 "$dir/theirs/r.reg"
        setpriv --reuid=65534 --regid=65534 --clear-groups "$mmectl" --registry "$dir/theirs/r.reg" \
            install mmewave >"$dir/out" 2>"$dir/err" </dev/null
        code=$?
        [ $code != 126 ] || { skip read_only_registry "nobody may not run the build"; return 77; }
        [ $code = 1 ] && one_line_error && same "$dir/theirs/r.reg" "$dir/before.reg"
        return
    fi
    chmod 0555 "$dir" && ctl 1 install mmewave
    result=$?
    chmod 0755 "$dir"
    [ $result = 0 ] && same "$reg" "$dir/before.reg"
}

test_full_disk_leaves_the_file_as_it_was() {
    foreign_registry || return 1
    # a limit on the size of files, below what the new registry needs; the journal fits or does not
    for blocks in 0 1 2 4 6; do
        (
            ulimit -f $blocks
            "$mmectl" --registry "$reg" install mmewave >"$dir/out" 2>/dev/null </dev/null
        )
        code=$?
        if [ $code != 1 ]; then
            [ $blocks -gt 1 ] && [ $code = 0 ] && break
            say "exit $code with $blocks blocks"
            return 1
        fi
        same "$reg" "$dir/before.reg" || return 1
    done
    ctl 0 install mmewave && ctl 0 remove mmewave && same "$reg" "$dir/before.reg"
}

# ------------------------------------------------------------------ sound

installed_card() {
    foreign_registry && ctl 0 install mmewave --set clock=freewheel
}

test_play_into_a_file_is_bit_identical() {
    installed_card && make_wav 48000 "$dir/in.wav" &&
        ctl 0 play "$dir/in.wav" --output "$dir/played.wav" && "$wavcmp" same "$dir/in.wav" "$dir/played.wav" &&
        [ ! -s "$dir/err" ] && rm "$dir/played.wav" && ctl 0 --json play "$dir/in.wav" --output "$dir/played.wav" --loop 3 &&
        json_has frames=144000 device=0 && cat "$dir/out" >/dev/null &&
        "$wavcmp" begin "$dir/in.wav" "$dir/played.wav" && [ "$(wc -c <"$dir/played.wav")" -gt 288000 ]
}

test_play_files_of_two_formats_into_one() {
    installed_card && make_wav 9600 "$dir/in.wav" &&
        ctl 0 convert "$dir/in.wav" "$dir/in2.wav" --format float32 &&
        ctl 0 play "$dir/in.wav" "$dir/in2.wav" "$dir/in.wav" --output "$dir/two.wav" &&
        "$wavcmp" begin "$dir/in.wav" "$dir/two.wav" && [ ! -e "$dir/two-2.wav" ] &&
        [ "$(wc -c <"$dir/two.wav")" -ge $((3 * 9600 * 2)) ]
}

test_play_volume() {
    installed_card && make_wav 9600 "$dir/in.wav" &&
        ctl 0 play "$dir/in.wav" --output "$dir/silent.wav" --volume 0% &&
        ctl 0 play "$dir/in.wav" --output "$dir/full.wav" --volume 100 &&
        "$wavcmp" same "$dir/in.wav" "$dir/full.wav" && ! "$wavcmp" same "$dir/in.wav" "$dir/silent.wav" >/dev/null
}

test_progress_and_colours_only_on_a_terminal() {
    if ! command -v script >/dev/null || ! script -qec true /dev/null </dev/null >/dev/null 2>&1; then
        skip progress_and_colours_only_on_a_terminal "no usable script(1)"
        return 77
    fi
    esc=$(printf '\033')
    installed_card && make_wav 96000 "$dir/in.wav" &&
        TERM=xterm script -qec "'$mmectl' --registry '$reg' play '$dir/in.wav'" /dev/null >"$dir/out" </dev/null &&
        out_has 'in.wav \[.*%' &&
        TERM=xterm script -qec "'$mmectl' --registry '$reg' --quiet play '$dir/in.wav'" /dev/null >"$dir/out" </dev/null &&
        [ ! -s "$dir/out" ] &&
        TERM=xterm script -qec "'$mmectl' --registry '$reg' verify" /dev/null >"$dir/out" </dev/null &&
        out_has "$esc\[32m" &&
        TERM=xterm NO_COLOR=1 script -qec "'$mmectl' --registry '$reg' verify" /dev/null >"$dir/out" </dev/null &&
        ! grep -q "$esc" "$dir/out" && ctl 0 verify && ! grep -q "$esc" "$dir/out"
}

test_play_without_devices_names_the_cure() {
    foreign_registry && make_wav 100 "$dir/in.wav" && ctl 1 play "$dir/in.wav" && one_line_error &&
        err_has 'mmectl install mmewave' && installed_card && ctl 1 play "$dir/in.wav" --device 7 &&
        err_has 'device 7'
}

test_play_refuses_to_play_into_itself() {
    installed_card && make_wav 100 "$dir/in.wav" && cp "$dir/in.wav" "$dir/copy.wav" &&
        ctl 2 play "$dir/in.wav" --output "$dir/./in.wav" && same "$dir/in.wav" "$dir/copy.wav" &&
        ctl 2 play "$dir/in.wav" --output "$dir"
}

test_record_from_a_file() {
    installed_card && make_wav 24000 "$dir/in.wav" &&
        ctl 0 config mmewave set backend=file "record_path=$dir/in.wav" &&
        ctl 0 --json record "$dir/rec.wav" --seconds 0.75 --freewheel && json_has frames=36000 &&
        "$wavcmp" begin "$dir/in.wav" "$dir/rec.wav"
}

test_interrupted_play_leaves_a_whole_wav() {
    foreign_registry && ctl 0 install mmewave && make_wav 2880000 "$dir/long.wav" || return 1
    "$tool" when "$dir/cut.wav" 2 "$mmectl" --registry "$reg" play "$dir/long.wav" --output "$dir/cut.wav" \
        >"$dir/out" 2>"$dir/err"
    code=$?
    [ $code = 130 ] && err_has stopped && "$wavcmp" begin "$dir/cut.wav" "$dir/long.wav" && return 0
    say "exit $code"
    cat "$dir/err"
    return 1
}

test_interrupted_record_keeps_what_there_is() {
    foreign_registry && ctl 0 install mmewave || return 1
    "$tool" when "$dir/cutrec.wav.*" 2 "$mmectl" --registry "$reg" record "$dir/cutrec.wav" --seconds 0 \
        >"$dir/out" 2>"$dir/err"
    code=$?
    [ $code = 130 ] && "$wavcmp" same "$dir/cutrec.wav" "$dir/cutrec.wav" && return 0
    say "exit $code"
    cat "$dir/err"
    return 1
}

test_bad_sounds_are_named() {
    installed_card && make_wav 4800 "$dir/in.wav" || return 1
    head -c 5000 "$dir/in.wav" >"$dir/cut_sound.wav"
    head -c 30 "$dir/in.wav" >"$dir/cut_head.wav"
    : >"$dir/empty.wav"
    printf 'hello, I am text\n' >"$dir/none.wav"
    make_wav 0 "$dir/silent_none.wav"
    for file in cut_sound cut_head empty none silent_none absent; do
        ctl 1 play "$dir/$file.wav" --output "$dir/o.wav" && one_line_error && err_has "$file.wav" &&
            ctl 1 convert "$dir/$file.wav" "$dir/o.wav" && one_line_error && err_has "$file.wav" &&
            [ ! -e "$dir/o.wav" ] || return 1
    done
    ctl 1 convert "$dir/empty.wav" "$dir/o.wav" && err_has 'is empty' &&
        ctl 1 play "$dir/cut_sound.wav" && err_has 'promises 9600 bytes' || return 1
    ctl 1 play "$dir" && ctl 1 play "$dir/in.wav" "$dir/none.wav" --output "$dir/o.wav" && [ ! -e "$dir/o.wav" ]
}

test_output_that_cannot_be_written() {
    installed_card && make_wav 4800 "$dir/in.wav" &&
        ctl 1 play "$dir/in.wav" --output "$dir/no/such/folder.wav" && one_line_error &&
        ctl 1 convert "$dir/in.wav" "$dir/no/such/folder.wav" && one_line_error &&
        ctl 1 record "$dir/no/such/folder.wav" --seconds 1 --freewheel && one_line_error
}

test_output_on_a_full_disk_is_named() {
    installed_card && make_wav 480000 "$dir/in.wav" || return 1
    (
        ulimit -f 100
        "$mmectl" --registry "$reg" play "$dir/in.wav" --output "$dir/o.wav" >"$dir/out" 2>"$dir/err"
    )
    [ $? = 1 ] && one_line_error && err_has 'o.wav' || return 1
    (
        ulimit -f 100
        "$mmectl" --registry "$reg" record "$dir/r.wav" --seconds 9 --freewheel >"$dir/out" 2>"$dir/err"
    )
    [ $? = 1 ] && one_line_error && err_has 'r.wav' && [ "$(find "$dir" -name 'r.wav*' | wc -l)" -eq 0 ]
}

# ------------------------------------------------------------------ convert

test_convert_without_change_is_bit_identical() {
    make_wav 10000 "$dir/in.wav" && ctl 0 convert "$dir/in.wav" "$dir/same.wav" &&
        "$wavcmp" same "$dir/in.wav" "$dir/same.wav" && ctl 0 convert "$dir/in.wav" "$dir/x.flac" &&
        ctl 0 convert "$dir/x.flac" "$dir/back.wav" && "$wavcmp" same "$dir/in.wav" "$dir/back.wav" &&
        ctl 0 convert "$dir/in.wav" "$dir/x.aiff" && ctl 0 convert "$dir/x.aiff" "$dir/back.wav" &&
        "$wavcmp" same "$dir/in.wav" "$dir/back.wav" && ctl 0 --json convert "$dir/in.wav" "$dir/same.wav" &&
        json_has bit_exact=true dithered=false frames=10000
}

test_convert_replaces_only_when_whole() {
    make_wav 48000 "$dir/in.wav" && printf 'precious' >"$dir/out.wav" && chmod 0640 "$dir/out.wav" &&
        (
            ulimit -f 8
            ! "$mmectl" convert "$dir/in.wav" "$dir/out.wav" 2>"$dir/err"
        ) && [ "$(cat "$dir/out.wav")" = precious ] && err_has 'out.wav' || return 1
    # nothing left behind either
    [ "$(find "$dir" -name 'out.wav.*' | wc -l)" -eq 0 ] && ln -sf out.wav "$dir/link.wav" &&
        ctl 0 convert "$dir/in.wav" "$dir/link.wav" && [ -L "$dir/link.wav" ] &&
        "$wavcmp" same "$dir/in.wav" "$dir/out.wav" &&
        [ "$(stat -c %a "$dir/out.wav" 2>/dev/null || stat -f %Lp "$dir/out.wav")" = 640 ] &&
        ctl 0 convert "$dir/out.wav" "$dir/out.wav" && "$wavcmp" same "$dir/in.wav" "$dir/out.wav"
}

test_convert_refuses_what_it_cannot() {
    make_wav 1000 "$dir/in.wav" && ctl 1 convert "$dir/in.wav" "$dir/x.flac" --format float32 &&
        err_has 'only s16 s24' && ctl 1 convert "$dir/in.wav" "$dir/x.mp7" && err_has 'ending' &&
        ctl 1 convert "$dir/in.wav" /dev/null && [ -c /dev/null ] && ctl 1 convert "$dir/in.wav" "$dir"
}

test_convert_there_and_back_is_clean() {
    "$tool" tones "$dir/sweep.wav" && ctl 0 convert "$dir/sweep.wav" "$dir/a.wav" --rate 44100 --format float32 &&
        ctl 0 convert "$dir/a.wav" "$dir/b.wav" --rate 48000 &&
        "$wavcmp" snr "$dir/sweep.wav" "$dir/b.wav" 20506 120 &&
        ctl 0 convert "$dir/sweep.wav" "$dir/c.wav" --rate 44100 &&
        ctl 0 convert "$dir/c.wav" "$dir/d.wav" --rate 48000 &&
        "$wavcmp" noise "$dir/sweep.wav" "$dir/d.wav" 20506 1 44100 48000
}

# Bytes and counts are the codec driver's; that they decode to the sound, libsndfile's own reader says (W64).
test_convert_writes_and_reads_codecs() {
    make_wav 10000 "$dir/in.wav" || return 1
    for format in ima msadpcm alaw ulaw; do
        ctl 0 --json convert "$dir/in.wav" "$dir/$format.wav" --format $format && json_has frames=10000 bit_exact=false &&
            [ "$(wc -c <"$dir/$format.wav")" -lt "$(wc -c <"$dir/in.wav")" ] &&
            ctl 0 --json convert "$dir/$format.wav" "$dir/back.wav" --format s16 && json_has frames=10000 || return 1
    done
    ctl 1 convert "$dir/in.wav" "$dir/x.wav" --format gsm --channels 2 && err_has 'not for 2 channels' && [ ! -e "$dir/x.wav" ] &&
        ctl 0 --json convert "$dir/in.wav" "$dir/g.wav" --format gsm --rate 8000 --channels 1 && ctl 0 convert "$dir/g.wav" "$dir/back.wav" &&
        ctl 1 convert "$dir/in.wav" "$dir/x.wav" --format mp3 && err_has 'cannot hold mp3' &&
        ctl 0 convert "$dir/in.wav" "$dir/x.w64" --format ima && ctl 0 convert "$dir/x.w64" "$dir/y.wav" &&
        ctl 0 --json list formats && out_has '"codecs"' && out_has msadpcm
}

# ------------------------------------------------------------------ run all

run() {
    reg=$dir/registry.reg
    rm -rf "$reg" "$reg.mmekit"
    "test_$1" >"$dir/log" 2>&1
    code=$?
    if [ $code = 0 ]; then
        passed=$((passed + 1))
    elif [ $code != 77 ]; then
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$1"
        cat "$dir/log"
    fi
}

only=${7:-}
for name in $(sed -n 's/^test_\([a-z0-9_]*\)() {$/\1/p' "$0"); do
    case $name in *"$only"*) run "$name" ;; esac
done
printf '%s' "$skipped"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
