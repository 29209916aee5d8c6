#!/bin/sh
# Chromium at the far end of the line (see run.mjs).
exec ip netns exec visitor /usr/bin/chromium "$@"
