#!/usr/bin/env python3
"""The pictures of the README, taken of the real pages with the demo: ./x pictures writes them to docs/pictures."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
os.environ.setdefault('STAGEDOOR_TEST_BINARY', str(ROOT / 'build/release/stagedoor'))
sys.path.insert(0, str(ROOT / 'tests'))
import server

KEY = 'pictures-key-0123456789'
TO = ROOT / 'docs/pictures'

with tempfile.TemporaryDirectory() as folder:
    settings = '--store.url=sqlite::memory:', f'--catalogue.file={ROOT}/demo/catalogue.yaml', f'--admin.keys=olga:owner:{KEY}'
    with server.Server(folder, *settings) as running:
        taken = subprocess.run(['node', 'pages/run.mjs', 'pictures', running.url, KEY], cwd=ROOT / 'tests/browser',
                               env={**os.environ, 'STAGEDOOR_PICTURES': str(TO)})
sys.exit(taken.returncode)
