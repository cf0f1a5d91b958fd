@echo off
rem Starts the `heed` command on Windows: what the script `heed` does, see there.
rem Written to the same rules; not run on Windows yet.
setlocal EnableExtensions EnableDelayedExpansion

set "least=25"
set "root=%~dp0"
set "root=%root:~0,-1%"
if not defined HEED_HOME (set "home=%USERPROFILE%\.heed") else set "home=%HEED_HOME%"

if exist "%root%\pom.xml" (
  set "checkout=yes"
  set "state=%root%\app\target\launcher"
  set "jar=%root%\app\target\heed\lib\heed-app.jar"
) else (
  set "checkout="
  for %%d in ("%root%\..") do set "root=%%~fd"
  set "jar=!root!\lib\heed-app.jar"
  set "state=%home%\cache\launcher"
  if not exist "!jar!" (
    echo heed: expected !jar!: this installation is not whole>&2
    exit /b 3
  )
)
if not exist "%state%" mkdir "%state%" 2>nul

rem --- the JDK ---
set "jdk="
set "found="
if defined JAVA_HOME call :consider "%JAVA_HOME%"
if not defined jdk for /f "delims=" %%j in ('where java 2^>nul') do (
  for %%d in ("%%~dpj..") do call :consider "%%~fd"
)
if not defined jdk for %%p in ("%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Zulu" "%ProgramFiles%\Amazon Corretto" "%ProgramFiles%\BellSoft" "%USERPROFILE%\.jdks" "%USERPROFILE%\scoop\apps") do (
  for /d %%d in ("%%~p\*") do call :consider "%%~d"
)
if not defined jdk (
  if defined found (set "found=found only!found!") else set "found=found no Java in JAVA_HOME, on PATH or in the usual folders"
  echo heed: JDK %least% or later is needed; !found!. Install one or point JAVA_HOME at it.>&2
  exit /b 3
)

rem --- the build, in a checkout ---
if defined checkout (
  powershell -NoProfile -Command "$built = Get-Item -ErrorAction SilentlyContinue '%state%\built'; if (-not $built -or -not (Test-Path '%jar%')) { exit 1 }; if (Get-ChildItem -Recurse '%root%\pom.xml', '%root%\*\pom.xml', '%root%\*\src\main' | Where-Object LastWriteTime -gt $built.LastWriteTime | Select-Object -First 1) { exit 1 }"
  if errorlevel 1 (
    where mvn >nul 2>nul
    if errorlevel 1 (
      echo heed: Maven 3.8 or later is needed to build from sources; there is no mvn on PATH.>&2
      exit /b 3
    )
    echo heed: building ^(the log is %state%\build.log^)>&2
    type nul >"%state%\building"
    set "JAVA_HOME=!jdk!"
    call mvn -B -Plaunch -Dquick -f "%root%\pom.xml" -pl app -am package >"%state%\build.log" 2>&1
    if errorlevel 1 (
      findstr /b /c:"[ERROR]" "%state%\build.log">&2
      echo heed: the build failed; all of it: %state%\build.log>&2
      exit /b 1
    )
    del /q "%state%\*.aot" 2>nul
    move /y "%state%\building" "%state%\built" >nul
  )
)

rem --- the AOT cache ---
set "flags=-XX:+UseSerialGC -XX:-UsePerfData --enable-native-access=ALL-UNNAMED"
set "aot=%state%\heed-%build%.aot"
if not exist "%aot%" (
  "%jdk%\bin\java.exe" %flags% -XX:AOTCacheOutput="%aot%" -cp "%jar%" dev.heed.cli.Rehearsal >nul 2>nul <nul
)

rem --- run; the console shows UTF-8, which is what heed prints ---
chcp 65001 >nul
if exist "%aot%" (
  "%jdk%\bin\java.exe" %flags% -XX:AOTCache="%aot%" -Xlog:disable -jar "%jar%" %*
) else (
  "%jdk%\bin\java.exe" %flags% -jar "%jar%" %*
)
exit /b %errorlevel%

rem Accepts the JDK at %1 if its file `release` says that it is new enough.
:consider
if defined jdk exit /b
if not exist "%~1\release" exit /b
set "major="
for /f "usebackq tokens=1,* delims==" %%k in ("%~1\release") do (
  if "%%k"=="JAVA_VERSION" for /f "delims=.-+ tokens=1" %%v in ("%%~l") do set "major=%%v"
  if "%%k"=="JAVA_RUNTIME_VERSION" set "version=%%~l"
)
if not defined major exit /b
if %major% LSS %least% (
  set "found=!found! %~1 (Java %major%)"
  exit /b
)
set "jdk=%~1"
set "build=%version%"
exit /b
