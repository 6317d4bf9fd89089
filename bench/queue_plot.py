"""The picture of the queue study: times, offered against served, and who was busy, over the offered rate."""
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

COLOURS = ['#1f5fa8', '#c0392b', '#2e8b57', '#8e44ad', '#b8860b']
TIMES = [('p50', '-', 'o'), ('p95', '-', 's'), ('p99', '--', '^'), ('max', ':', 'v')]


def draw(results, reference, file):
    labels = list(dict.fromkeys(result['label'] for result in results))
    seconds = max(result['seconds'] for result in results)
    figure, (times, served, busy) = plt.subplots(3, 1, figsize=(9, 12), sharex=True, height_ratios=[2.2, 1.5, 1])
    for label, colour in zip(labels, COLOURS):
        own = [result for result in results if result['label'] == label]
        rates = [result['rate'] for result in own]
        for name, line, mark in TIMES:
            times.plot(rates, [result['iterationMs'][name] for result in own], line, marker=mark, color=colour, markersize=5,
                       alpha=1 if name in ('p50', 'p95') else 0.6, label=f'{label}: {name}')
        served.plot(rates, [result['servedPerSecond'] for result in own], '-o', color=colour, markersize=5, label=f'{label}: served')
        busy.plot(rates, [result['serverCpu'] for result in own], '-o', color=colour, markersize=5, label=f'{label}: server (core 0)')
        busy.plot(rates, [result['generatorBusy'] for result in own], ':x', color=colour, markersize=5,
                  label=f'{label}: load generator (core 1)')
        for result in own:
            if result['broken']:
                for axes in (times, served, busy):
                    axes.axvline(result['rate'], color=colour, alpha=0.15, linewidth=6, zorder=0)
    for number, (name, rate, *figures, _) in enumerate(reference):  # side by side where they share a rate
        known = [value for value in figures if value]
        at = rate * (1, 0.97, 1.03)[number % 3]
        times.plot([at] * len(known), known, '-_', color='dimgrey', markersize=9, linewidth=1)
        side, shift = [('left', 8), ('right', -6), ('left', 6)][number % 3]
        times.annotate(f'{name}: ' + ', '.join(('mean', 'p95', 'max')[:len(known)]), (at, known[-1]), textcoords='offset points',
                       xytext=(shift, 0), ha=side, va='center', fontsize=8, color='dimgrey')
    offered = sorted({result['rate'] for result in results})
    served.plot(offered, offered, color='grey', linewidth=1, linestyle='--', label='offered')

    plain = FuncFormatter(lambda value, _: f'{value:,.0f}' if value >= 1 else f'{value:g}')
    times.set(title=f'Waiting room: join + one status query, {seconds:g} s at each rate, open loop\n(grey: the requirements’ figures of other systems on other machines)', ylabel='time of an iteration (both requests), ms',
              xscale='log', yscale='log')
    served.set(ylabel='iterations served per second')
    busy.set(ylabel='busy, share of a core', xlabel='iterations offered per second (two requests each; shaded: broken)', ylim=(0, 1.05))
    busy.yaxis.set_major_formatter(PercentFormatter(1))
    times.yaxis.set_major_formatter(plain)
    served.yaxis.set_major_formatter(plain)
    busy.set_xticks(offered, [f'{rate:,}' for rate in offered], rotation=45, ha='right')
    busy.xaxis.set_minor_locator(NullLocator())
    for axes in (times, served, busy):
        axes.grid(True, which='major', alpha=0.3)
        axes.legend(fontsize=8, loc='upper left', bbox_to_anchor=(0, 0.85 if axes is times else 1))
    figure.tight_layout()
    figure.savefig(file, dpi=110)
