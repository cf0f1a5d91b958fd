#!/bin/sh
# Puts llama.cpp, compiled for this machine (some minutes), into the Python environment of
# tools/goldens/setup.sh; benchmarks and tools/goldens/check_gguf_opens.py compare with it. Prints the
# interpreter.
#
# GCC 12 and older drop stores that only `_tile_loadconfig` reads, since their header says that it
# reads 8 bytes of 64: with AMX llama.cpp then dies at its first token (a wrong tile configuration
# raises SIGSEGV). A barrier before the call keeps them.
set -eu

version=0.3.36
python=$("$(dirname "$0")/goldens/setup.sh" "$@")
done=$(dirname "$python")/llama-cpp-$version
if ! [ -e "$done" ]; then
  pip="$python -m pip --quiet --disable-pip-version-check"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  $pip download --no-deps --no-binary :all: -d "$work" "llama-cpp-python==$version" >&2
  tar -xf "$work"/*.tar.gz -C "$work"
  source="$work/llama_cpp_python-$version"
  sed -i 's|^    _tile_loadconfig(&tc);|    asm volatile("" : : "r"(\&tc) : "memory");\n&|' \
    "$source/vendor/llama.cpp/ggml/src/ggml-cpu/amx/mmq.cpp"
  CMAKE_ARGS=-DGGML_NATIVE=ON $pip install --force-reinstall --no-deps "$source" >&2
  $pip install diskcache jinja2 gguf==0.19.0 >&2
  touch "$done"
fi
echo "$python"
