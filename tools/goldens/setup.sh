#!/bin/sh
# Makes the Python environment that the golden files are written with. Needed only to write them anew:
# the build and the tests read the files that are in the repository.
#
#   tools/goldens/setup.sh [FOLDER]
#
# FOLDER, else $HEED_GOLDENS_VENV, else heed-goldens in the user's cache folder. Prints the interpreter.
set -eu

folder=${1:-${HEED_GOLDENS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/heed-goldens}}
[ -x "$folder/bin/python" ] || python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
  torch==2.15.0 numpy safetensors transformers==5.23.0 sacrebleu==2.6.0 \
  sentence-transformers==6.2.0 onnxruntime==1.31.1 onnx==1.23.2 pyarrow==26.0.1 >&2
echo "$folder/bin/python"
