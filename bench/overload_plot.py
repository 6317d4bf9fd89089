"""The picture of the overload study: goodput, and the times of what was accepted, over the offered load."""
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt

COLOURS = {'join': '#1f5fa8', 'poll': '#2e8b57', 'hold': '#c0392b'}


def draw(results, seconds, file):
    peak, rushes = results[0], [result for result in results if 'factor' in result]
    factors = [result['factor'] for result in rushes]
    figure, (goodput, times) = plt.subplots(2, 1, figsize=(9, 8), sharex=True)
    goodput.plot(factors, [result['goodput'] / peak['goodput'] for result in rushes], '-o', color='black', label='all')
    for name, colour in COLOURS.items():
        goodput.plot(factors, [result['accepted'][name] / max(1, peak['accepted'][name]) for result in rushes], '--', color=colour,
                     label=f'{name}s')
        times.plot(factors, [result['acceptedP99Ms'][name] for result in rushes], '-o', color=colour, label=f'{name}, p99')
    goodput.plot(factors, factors, ':', color='grey', label='offered')
    goodput.plot([2, 4], [0.6, 0.3], 'v', color='grey', label='must hold')
    times.axhline(250, color='grey', linestyle=':', label='must hold')
    goodput.set(title=f'Overload: joins, polls and holds in open loop, {seconds:g} s each', ylabel='accepted, × the peak', ylim=(0, 2))
    times.set(ylabel='time of what was accepted, ms', xlabel='offered, × the peak', yscale='log')
    for axes in (goodput, times):
        axes.grid(True, alpha=0.3)
        axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
