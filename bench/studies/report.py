"""What every study shares: its options, its rounds, raw results as JSON, tables, plots in a light and a dark version, and its page.

A study measures and keeps everything in build/study/NAME.json; `--publish` copies that and the plots to docs/bench/, and puts the tables
between the markers of docs/bench/NAME.md, so that no figure of a page is written by hand."""
import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ROOT / 'docs/bench'
BUSY = 0.8  # a point is drawn hollow when the load generator was busier than that

# Of a colour and of a theme: readable on both grounds, and told apart with the common kinds of colour blindness (Okabe and Ito, 2008).
COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a7fd0', '#7f8c3a', '#b5493a', '#4d8f9e', '#a0703c', '#777777']
THEMES = {'light': {'ground': '#ffffff', 'ink': '#1f2328', 'grid': '#d0d7de'},
          'dark': {'ground': '#0d1117', 'ink': '#e6edf3', 'grid': '#30363d'}}
GREY = '#8c959f'  # of figures that were measured elsewhere


def say(text):
    print(text, file=sys.stderr, flush=True)


def parser(name, doc):
    """With the options of every study."""
    made = argparse.ArgumentParser(prog=f'./x study {name}', description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument('--quick', action='store_true', help='does it run at all: smallest sizes, for moments')
    made.add_argument('--folder', type=pathlib.Path, default=pathlib.Path('/var/tmp'), help='data goes into a new folder in here, on a real disk (/var/tmp)')
    made.add_argument('--into', type=pathlib.Path, default=ROOT / 'build/study', help=f'where {name}.json and the plots are kept (build/study)')
    made.add_argument('--publish', action='store_true', help=f'also write docs/bench/{name}.json, the plots, and the tables of docs/bench/{name}.md')
    return made


def machine(**versions):
    """What the figures of a page are of. `versions` names the programs that took part, as `version('redis-server', '--version')` tells."""
    with open('/proc/cpuinfo') as lines:
        models = {line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')}
    with open('/proc/meminfo') as lines:
        memory = int(re.search(r'MemTotal:\s+(\d+)', lines.read())[1]) // 2**20
    return {'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()), 'cores': os.cpu_count(), 'processor': ', '.join(sorted(models)) or platform.machine(),
            'memoryGiB': memory, 'kernel': platform.release(), 'versions': versions}


def version(*command):
    """The first number with dots that a program says of itself; '' where it is not there."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        return ''
    found = re.search(r'\d+(\.\d+)+', said.stdout + said.stderr)
    return found[0] if found else ''


def machine_line(about):
    """A sentence for a page."""
    versions = ', '.join(f'{name} {number}' for name, number in about['versions'].items() if number)
    return (f'Measured on {about["at"][:10]}: {about["cores"]} cores ({about["processor"]}), {about["memoryGiB"]} GiB, Linux {about["kernel"]}'
            + (f'; {versions}' if versions else '') + '.')


def spread(values, form='{:,.1f}'):
    """The median, and between what the rounds were: '2.0 (1.8–2.4)'."""
    values = sorted(values)
    middle, low, high = (form.format(value) for value in (statistics.median(values), values[0], values[-1]))
    return middle if low == high else f'{middle} ({low}–{high})'


def table(head, rows):
    return '\n'.join('| ' + ' | '.join(map(str, line)) + ' |' for line in [head, ['---'] * len(head), *rows])


def plot(stem, draw, **size):
    """Writes STEM-light.svg and STEM-dark.svg. draw(pyplot, theme) makes the figure and returns it; only here is matplotlib needed."""
    import matplotlib
    matplotlib.use('svg')
    import matplotlib.pyplot as pyplot
    stem.parent.mkdir(parents=True, exist_ok=True)
    for name, theme in THEMES.items():
        style = {'figure.facecolor': theme['ground'], 'axes.facecolor': theme['ground'], 'savefig.facecolor': theme['ground'],
                 'legend.facecolor': theme['ground'], 'legend.edgecolor': theme['grid'], 'axes.edgecolor': theme['grid'], 'grid.color': theme['grid'],
                 **{f'{part}.color': theme['ink'] for part in ('text', 'xtick', 'ytick')}, 'axes.labelcolor': theme['ink'], 'axes.titlecolor': theme['ink'],
                 'axes.grid': True, 'axes.axisbelow': True, 'axes.prop_cycle': matplotlib.cycler(color=COLOURS), 'axes.spines.top': False,
                 'axes.spines.right': False, 'font.size': 10, 'legend.fontsize': 8, 'svg.hashsalt': 'stagedoor', 'svg.fonttype': 'none', 'figure.autolayout': True}
        with matplotlib.rc_context(style):
            figure = draw(pyplot, theme)
            figure.savefig(stem.with_name(f'{stem.name}-{name}.svg'), metadata={'Date': None})
            pyplot.close(figure)


def picture(name, told):
    """The plot for a page, in the version that suits the reader's theme. `told` is what it shows, for who cannot see it."""
    return (f'<picture><source media="(prefers-color-scheme: dark)" srcset="{name}-dark.svg">'
            f'<img alt="{told}" src="{name}-light.svg"></picture>')


def face(colour, theme, busy):
    """The filling of a mark: hollow where the generator was too busy to be believed."""
    return theme['ground'] if busy > BUSY else colour


class Results:
    """What a study has measured; every point is on disk as soon as it is there, so a study that is stopped loses only the one in work."""

    def __init__(self, name, options, about):
        self.name, self.options, self.about = name, options, about
        self.points = []

    def add(self, point):
        self.points.append(point)
        self.save()
        return point

    def save(self):
        self.options.into.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({'machine': self.about, 'points': self.points}, indent=1, ensure_ascii=False) + '\n')

    @property
    def file(self):
        return self.options.into / f'{self.name}.json'

    def finish(self, sections, plots):
        """`sections` {marker: Markdown} and `plots` {name: draw(pyplot, theme)}; the sections are printed, and published if asked for."""
        for name, draw in plots.items():
            plot(self.options.into / name, draw)
        for text in sections.values():
            print(text + '\n')
        if self.options.publish:
            (PAGES / self.file.name).write_text(self.file.read_text())
            for name in plots:
                for theme in THEMES:
                    (PAGES / f'{name}-{theme}.svg').write_text((self.options.into / f'{name}-{theme}.svg').read_text())
            publish(PAGES / f'{self.name}.md', {'machine': machine_line(self.about), **sections})


def publish(page, sections):
    """Puts each text between `<!-- NAME -->` and `<!-- end -->` of the page. Throws ValueError where a marker is missing."""
    text = page.read_text()
    for name, section in sections.items():
        text, count = re.subn(rf'(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)', lambda found: f'{found[1]}{section}\n{found[2]}', text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f'{page.name} has {count} places for {name}')
    page.write_text(text)
