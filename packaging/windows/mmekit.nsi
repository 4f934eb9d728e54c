; SPDX-License-Identifier: MIT
; Copyright (c) 2026 the mmekit authors
;
; The setup program. Built by make.sh, which defines VERSION, STAGE (the folder of the .zip), LISTS, SIZE_KIB, OUT
; and TARGET (amd64-unicode, or x86-unicode for a setup program that 32-bit Windows can run too).
;
;   mmekit-<version>-setup.exe [/S] [/D=C:\folder]      /S: no window; /D comes last, without quotes
;   <folder>\uninstall.exe [/S]
;
; Exit codes: 0 done, 1 cancelled by the user, 2 failed and nothing is left, 3010 done and a restart is needed.
;
; The driver installs itself: its Install entry copies both widths into the system folders and registers them, in one
; transaction that either happens or does not. It runs from a folder of its own, so that the files in the system folders
; are in nobody's hands when they are replaced or removed. Only after it has said yes is anything else written.

Unicode true
Target ${TARGET}
ManifestSupportedOS all
ManifestDPIAware true
RequestExecutionLevel admin
SetCompressor /SOLID lzma
SetDatablockOptimize on
CRCCheck on
AllowSkipFiles off ; a file that cannot be written ends it, also without a window

!pragma warning disable 6012 ; a 64-bit setup program is always on 64-bit Windows: LogicLib's other branch is not used
!include MUI2.nsh
!include x64.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh

!define LIST_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\mmekit"
!define EXIT_FAILED 2
!define EXIT_RESTART 3010

Name "mmekit ${VERSION}"
OutFile "${OUT}"
BrandingText " "
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "mmekit"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "mmekit setup"
VIAddVersionKey CompanyName "The mmekit authors"
VIAddVersionKey LegalCopyright "Copyright (c) 2026 the mmekit authors, MIT licence"

!define MUI_ABORTWARNING
!define MUI_WELCOMEPAGE_TEXT "mmekit ${VERSION} adds a virtual sound card to this computer: it plays into sound files, \
records from them, or connects what is played with what is recorded.$\r$\n$\r$\nNo kernel driver is installed."
!define MUI_FINISHPAGE_NOAUTOCLOSE
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${STAGE}/LICENSE.txt"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

; ---------------------------------------------------------------- helpers

; On 64-bit Windows everything happens on its 64-bit side, whatever this program is.
!macro NATIVE
    ${If} ${RunningX64}
        ${DisableX64FSRedirection}
        SetRegView 64
    ${EndIf}
    SetShellVarContext all
!macroend

; $R9 = folder of the modules that this system runs by itself
!macro WIDTH base
    StrCpy $R9 "${base}\x86"
    ${If} ${RunningX64}
        StrCpy $R9 "${base}\x64"
    ${EndIf}
!macroend

; One entry of the driver: $R0 = exit code of Install or Uninstall. Without /S it says itself what failed.
!macro ENTRY folder name options
    StrCpy $R1 "${options}"
    ${If} ${Silent}
        StrCpy $R1 "${options} /quiet"
    ${Else}
        StrCpy $R1 "${options} /only-failures"
    ${EndIf}
    !insertmacro WIDTH "${folder}"
    DetailPrint "mmewave: ${name}"
    ClearErrors
    ExecWait '"$SYSDIR\rundll32.exe" "$R9\mmewave.drv",${name} $R1' $R0
    ${If} ${Errors}
        StrCpy $R0 1603
    ${EndIf}
!macroend

; UNPACK folder: all files below that folder. REMOVE_FILES: exactly these again, nothing else of the folder is ours.
!include "${LISTS}"

; ---------------------------------------------------------------- install

Function .onInit
    !insertmacro NATIVE
    ${IfNot} ${AtLeastWinVista}
        MessageBox MB_OK|MB_ICONSTOP "mmekit needs Windows Vista or later." /SD IDOK
        SetErrorLevel ${EXIT_FAILED}
        Quit
    ${EndIf}
    ${If} $INSTDIR == ""
        ReadRegStr $INSTDIR HKLM "${LIST_KEY}" InstallLocation
    ${EndIf}
    ${If} $INSTDIR == ""
        StrCpy $INSTDIR "$PROGRAMFILES32\mmekit"
        ${If} ${RunningX64}
            StrCpy $INSTDIR "$PROGRAMFILES64\mmekit"
        ${EndIf}
    ${EndIf}
FunctionEnd

Section "mmekit"
    InitPluginsDir
    ClearErrors
    !insertmacro UNPACK "$PLUGINSDIR\package"
    ${If} ${Errors}
        Abort "The files could not be unpacked. Nothing was changed."
    ${EndIf}
    SetOutPath "$TEMP" ; nobody stands in a folder that shall go
    ReadRegStr $0 HKLM "${LIST_KEY}" InstallLocation ; "": mmekit is not here yet
    !insertmacro ENTRY "$PLUGINSDIR\package" Install ""
    ${If} $R0 <> 0
    ${AndIf} $R0 <> ${EXIT_RESTART}
        DetailPrint "The driver was not installed ($R0)."
        SetErrorLevel ${EXIT_FAILED}
        Abort "The driver could not be installed. Nothing was changed."
    ${EndIf}

    StrCpy $1 "driver" ; from here on there is something to take back
    ClearErrors
    !insertmacro UNPACK "$INSTDIR"
    ${If} ${Errors}
        Abort "$INSTDIR could not be written."
    ${EndIf}
    SetOutPath "$TEMP"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    WriteRegStr HKLM "${LIST_KEY}" DisplayName "mmekit ${VERSION}"
    WriteRegStr HKLM "${LIST_KEY}" DisplayVersion "${VERSION}"
    WriteRegStr HKLM "${LIST_KEY}" DisplayIcon "$INSTDIR\uninstall.exe"
    WriteRegStr HKLM "${LIST_KEY}" Publisher "The mmekit authors"
    WriteRegStr HKLM "${LIST_KEY}" InstallLocation "$INSTDIR"
    WriteRegStr HKLM "${LIST_KEY}" UninstallString '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKLM "${LIST_KEY}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKLM "${LIST_KEY}" EstimatedSize ${SIZE_KIB}
    WriteRegDWORD HKLM "${LIST_KEY}" NoModify 1
    WriteRegDWORD HKLM "${LIST_KEY}" NoRepair 1
    ${If} $R0 == ${EXIT_RESTART}
        SetRebootFlag true
        SetErrorLevel ${EXIT_RESTART}
    ${Else}
        SetErrorLevel 0
    ${EndIf}
SectionEnd

; The folder could not be written. An upgrade keeps what works; a first installation leaves nothing.
Function .onInstFailed
    SetErrorLevel ${EXIT_FAILED}
    ${If} $1 == "driver"
    ${AndIf} $0 == ""
        !insertmacro ENTRY "$PLUGINSDIR\package" Uninstall "/forget"
        !insertmacro REMOVE_FILES
        RMDir "$INSTDIR"
    ${EndIf}
FunctionEnd

; ---------------------------------------------------------------- remove

Function un.onInit
    !insertmacro NATIVE
FunctionEnd

Section "Uninstall"
    !insertmacro ENTRY "$INSTDIR" Uninstall "/forget"
    ${If} $R0 <> 0
    ${AndIf} $R0 <> ${EXIT_RESTART}
    ${AndIf} $R0 <> 1610 ; it is not installed any more
        SetErrorLevel ${EXIT_FAILED}
        Abort "The driver could not be removed ($R0). Nothing was changed."
    ${EndIf}

    !insertmacro REMOVE_FILES
    Delete "$INSTDIR\uninstall.exe" ; with _?= it runs there and stays, which is no reason to restart
    RMDir "$INSTDIR"
    DeleteRegKey HKLM "${LIST_KEY}"
    ${If} $R0 == ${EXIT_RESTART}
        SetRebootFlag true
    ${EndIf}
    ${If} ${RebootFlag}
        SetErrorLevel ${EXIT_RESTART}
    ${Else}
        SetErrorLevel 0
    ${EndIf}
SectionEnd
