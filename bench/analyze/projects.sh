#!/bin/sh
# Fetches the projects that calls are measured on, and computes their truths:
#
#     bench/analyze/projects.sh CACHE [NAME …]
#
# CACHE/NAME/src are the sources, CACHE/NAME/truth.json the truth; what is there already stays.
# PYTHON names a Python that has requirements.txt.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
cache=${1:?a folder for the projects}
shift
mkdir -p "$cache/downloads"
cache=$(cd "$cache" && pwd)

# name, version, language, package, what of it is taken
projects='
packaging  26.4      python      packaging         packaging
fsspec     2026.9.0  python      fsspec            fsspec
click      8.5.1     python      click             click
rich       15.0.0    python      rich              rich
requests   2.34.2    python      requests          requests
pyparsing  3.3.3     python      pyparsing         pyparsing
bottle     0.13.4    python      bottle            bottle.py
docutils   0.23      python      docutils          docutils
networkx   3.6.1     python      networkx          networkx
zod        4.6.7     typescript  zod               src
rxjs       7.8.2     typescript  rxjs              src
mobx       6.16.1    typescript  mobx              src
toolkit    2.15.0    typescript  @reduxjs/toolkit  src
express    5.3.0     javascript  express           lib
hyparquet  1.33.0    javascript  hyparquet         src
preact     10.29.8   javascript  preact            src,hooks/src,jsx-runtime/src,compat/src,debug/src,devtools/src,test-utils/src
'

# The parts of a package, its package.json, and no tests, which call what is not there.
take() {
  from=$1 to=$2 parts=$3
  mkdir -p "$to"
  for part in $(echo "$parts" | tr , ' '); do
    mkdir -p "$to/$(dirname "$part")"
    cp -R "$from/$part" "$to/$part"
  done
  if [ -f "$from/package.json" ]; then cp "$from/package.json" "$to"; fi
  find "$to" -type d \( -name benchmarks -o -name __tests__ \) -prune -exec rm -rf {} +
  if [ -f "$from/package.json" ]; then
    find "$to" -type d -name tests -prune -exec rm -rf {} +
    find "$to" -name '*.d.ts' -exec rm {} +
  fi
}

fetch() {
  name=$1 version=$2 language=$3 package=$4 parts=$5
  unpacked="$cache/downloads/$name"
  rm -rf "$unpacked" && mkdir -p "$unpacked"
  if [ "$language" = python ]; then
    "$python" -m pip download --quiet --no-deps --dest "$unpacked" "$package==$version"
    (cd "$unpacked" && "$python" -m zipfile -e ./*.whl . && rm ./*.whl)
  else
    (cd "$unpacked" && npm pack --silent "$package@$version" >/dev/null && tar xzf ./*.tgz --strip-components=1 && rm ./*.tgz)
  fi
  take "$unpacked" "$cache/$name/src" "$parts"
  rm -rf "$unpacked"
}

echo "$projects" | while read -r name version language package parts; do
  if [ -z "$name" ]; then continue; fi
  if [ $# -gt 0 ] && ! echo " $* " | grep -q " $name "; then continue; fi
  [ -d "$cache/$name/src" ] || fetch "$name" "$version" "$language" "$package" "$parts"
  if [ ! -f "$cache/$name/truth.json" ]; then
    index=
    [ "$language" != python ] || index="--index $cache/$name/index.scip"
    # shellcheck disable=SC2086
    "$python" "$here/truth.py" run "$cache/$name/src" "$language" $index </dev/null >"$cache/$name/truth.part"
    mv "$cache/$name/truth.part" "$cache/$name/truth.json"
  fi
  echo "$name $version: $cache/$name/truth.json"
done
