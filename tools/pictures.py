#!/usr/bin/env python3
"""The pictures and films of the README, taken of the real pages with the demo: ./x pictures writes them to docs/pictures."""
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
FILMS = {'film': ('en-GB', 'dark'), 'film-ko': ('ko-KR', 'light')}
FILM_BYTES_MAX = 5 * 2**20  # R-U11


def take(scenario, into, **environment):
    """Runs a scenario of tests/browser/pages against a server of its own with the demo."""
    with tempfile.TemporaryDirectory() as folder:
        settings = '--store.url=sqlite::memory:', f'--catalogue.file={ROOT}/demo/catalogue.yaml', f'--admin.keys=olga:owner:{KEY}'
        with server.Server(folder, *settings) as running:
            subprocess.run(['node', 'pages/run.mjs', scenario, running.url, KEY], cwd=ROOT / 'tests/browser', check=True,
                           env={**os.environ, 'STAGEDOOR_PICTURES': str(into), **environment})


def film(name, locale, theme):
    """An animated WebP, which browsers and GitHub show without a player."""
    with tempfile.TemporaryDirectory() as frames:
        take('film', frames, STAGEDOOR_LOCALE=locale, STAGEDOOR_THEME=theme)
        shown = [line.split() for line in (pathlib.Path(frames) / 'frames.txt').read_text().splitlines()]
        words = [word for frame, milliseconds in shown for word in ('-d', milliseconds, frame)]
        made = TO / f'{name}.webp'
        command = ['img2webp', '-loop', '0', '-lossy', '-q', '70', '-m', '4', *words, '-o', made]
        subprocess.run(command, cwd=frames, check=True, stdout=subprocess.DEVNULL)
    size, seconds = made.stat().st_size, sum(int(milliseconds) for _, milliseconds in shown) / 1000
    print(f'{made.relative_to(ROOT)}: {seconds:.0f} s, {len(shown)} frames, {size / 1024:,.0f} KB')
    if size > FILM_BYTES_MAX:
        sys.exit(f'{name} is larger than {FILM_BYTES_MAX} bytes')


if __name__ == '__main__':
    take('pictures', TO)
    for name, (locale, theme) in FILMS.items():
        film(name, locale, theme)
