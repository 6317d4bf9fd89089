"""The picture of the overload study: goodput, and the times of what was accepted, over the offered load."""
import report

COLOURS = {'join': 'C0', 'poll': 'C2', 'hold': 'C1'}


def draw(results, seconds, file):
    """Writes FILE without its ending as -light.svg and -dark.svg."""
    report.plot(file.with_suffix(''), lambda pyplot, theme: figure_of(pyplot, theme, results, seconds))


def figure_of(pyplot, theme, results, seconds):
    peak, rushes = results[0], [result for result in results if 'factor' in result]
    factors = [result['factor'] for result in rushes]
    figure, (goodput, times) = pyplot.subplots(2, 1, figsize=(9, 8), sharex=True)
    goodput.plot(factors, [result['goodput'] / peak['goodput'] for result in rushes], '-o', color=theme['ink'], label='all')
    for name, colour in COLOURS.items():
        goodput.plot(factors, [result['accepted'][name] / max(1, peak['accepted'][name]) for result in rushes], '--', color=colour,
                     label=f'{name}s')
        times.plot(factors, [result['acceptedP99Ms'][name] for result in rushes], '-o', color=colour, label=f'{name}, p99')
    goodput.plot(factors, factors, ':', color=report.GREY, label='offered')
    goodput.plot([2, 4], [0.6, 0.3], 'v', color=report.GREY, label='must hold')
    times.axhline(250, color=report.GREY, linestyle=':', label='must hold')
    goodput.set(title=f'Overload: joins, polls and holds in open loop, {seconds:g} s each', ylabel='accepted, × the peak', ylim=(0, 2))
    times.set(ylabel='time of what was accepted, ms', xlabel='offered, × the peak', yscale='log')
    for axes in (goodput, times):
        axes.legend()
    return figure
