#!/bin/sh
# Makes .venv from the lock file and checks the system libraries.
# Usage: scripts/setup.sh [requirements.lock]
# As root on Debian missing packages are installed; otherwise the exact command is named.
set -eu
cd "$(dirname "$0")/.."
lock=${1:-requirements.lock}
python=${PYTHON:-python3}

fail() { echo "setup: $*" >&2; exit 1; }

command -v "$python" >/dev/null || fail "python3 (3.11 or newer) is needed"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, this is $("$python" -V)"

missing=""
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
"$python" -c 'import ctypes.util, sys; sys.exit(ctypes.util.find_library("magic") is None)' ||
    missing="$missing libmagic1"
"$python" -c 'import ctypes.util, sys; sys.exit(ctypes.util.find_library("archive") is None)' ||
    missing="$missing libarchive13"
# PDFs name fonts without carrying them: Japanese ones must be here to draw them.
fonts=/usr/share/fonts
[ -e $fonts/opentype/ipaexfont-gothic/ipaexg.ttf ] || missing="$missing fonts-ipaexfont-gothic"
[ -e $fonts/opentype/ipaexfont-mincho/ipaexm.ttf ] || missing="$missing fonts-ipaexfont-mincho"
[ -e $fonts/truetype/dejavu/DejaVuSans.ttf ] || missing="$missing fonts-dejavu-core"

if [ -n "$missing" ]; then
    install="apt-get install -y --no-install-recommends$missing"
    if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null; then
        echo "setup: installing$missing"
        apt-get update -q >/dev/null || fail "apt-get update failed"
        DEBIAN_FRONTEND=noninteractive $install >/dev/null || fail "$install failed"
    else
        fail "missing system packages; run: sudo $install"
    fi
fi

stamp=.venv/.stamp
want="$(cat "$lock" pyproject.toml | cksum)"
if [ -x .venv/bin/python ] && [ "$(cat $stamp 2>/dev/null)" = "$want" ]; then
    exit 0
fi
echo "setup: making .venv from $lock (a minute or two the first time)"
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$lock"
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
echo "$want" >$stamp
