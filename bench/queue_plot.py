"""The picture of the queue study: times, offered against served, and who was busy, over the offered rate."""
import report

# Of an iteration; the kind of line tells them apart, the colour the store.
TIMES = {'p50': ':', 'p95': '-', 'p99': '--'}
BUSY = {'serverCpu': ('-', 'server (core 0)'), 'logCpu': ('--', 'Redis or Kafka'), 'generatorBusy': (':', 'load generator (core 1)')}
SIDES = [('left', 8, 0.97), ('right', -8, 1), ('left', 8, 1.03)]  # of notes beside figures that share a rate


def of_stores(results):
    """(label, colour, its results) of each store."""
    labels = list(dict.fromkeys(result['label'] for result in results))
    return [(label, f'C{number}', [result for result in results if result['label'] == label]) for number, label in enumerate(labels)]


def draw_times(axes, results, reference):
    for label, colour, own in of_stores(results):
        for name, line in TIMES.items():
            axes.plot([result['rate'] for result in own], [result['iterationMs'][name] for result in own], line, color=colour,
                      label=label if name == 'p95' else None)
    for name, line in TIMES.items():
        axes.plot([], [], line, color=report.GREY, label=name)
    for number, (name, rate, *figures, _) in enumerate(reference):
        known = [value for value in figures if value]
        side, shift, beside = SIDES[number % len(SIDES)]
        axes.plot([rate * beside] * len(known), known, '-_', color=report.GREY, markersize=9, linewidth=1)
        axes.annotate(f'{name}: ' + ', '.join(('mean', 'p95', 'max')[:len(known)]), (rate * beside, known[-1]), textcoords='offset points',
                      xytext=(shift, 0), ha=side, va='center', fontsize=8, color=report.GREY)
    axes.set(xscale='log', yscale='log', ylabel='time of an iteration (both requests), ms')


def draw_served(axes, results, theme):
    for label, colour, own in of_stores(results):
        axes.plot([result['rate'] for result in own], [result['servedPerSecond'] for result in own], color=colour, label=label)
        for result in own:
            axes.plot(result['rate'], result['servedPerSecond'], 'X' if result['broken'] else 'o', color=colour, markersize=6,
                      markerfacecolor=report.face(colour, theme, result['generatorBusy']))
    offered = sorted({result['rate'] for result in results})
    axes.plot(offered, offered, '--', color=report.GREY, label='offered')
    axes.plot([], [], 'X', color=report.GREY, label='broken')
    axes.set(ylabel='iterations served per second')


def draw_busy(axes, results):
    for _, colour, own in of_stores(results):
        for name, (line, _) in BUSY.items():
            known = [result for result in own if result.get(name) is not None]
            axes.plot([result['rate'] for result in known], [result[name] for result in known], line, color=colour)
    for name, (line, of) in BUSY.items():
        if any(result.get(name) is not None for result in results):
            axes.plot([], [], line, color=report.GREY, label=of)
    axes.set(ylabel='busy, share of a core', xlabel='iterations offered per second (two requests each)', ylim=(0, 1.05))


def draw(results, reference, file):
    """Writes FILE without its ending as -light.svg and -dark.svg."""
    def draw_all(pyplot, theme):
        from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter
        plain = FuncFormatter(lambda value, _: f'{value:,.0f}' if value >= 1 else f'{value:g}')
        figure, panels = pyplot.subplots(3, 1, figsize=(9, 12), sharex=True, height_ratios=[2.2, 1.5, 1])
        draw_times(panels[0], results, reference)
        draw_served(panels[1], results, theme)
        draw_busy(panels[2], results)
        panels[0].set_title(f'Waiting room: join + one status query, {max(result["seconds"] for result in results):g} s at each rate, open loop\n'
                            '(grey: other systems on other machines)')
        offered = sorted({result['rate'] for result in results})
        panels[2].set_xticks(offered, [f'{rate:,}' for rate in offered], rotation=45, ha='right')
        panels[2].xaxis.set_minor_locator(NullLocator())
        panels[2].yaxis.set_major_formatter(PercentFormatter(1))
        for axes in panels:
            axes.legend(loc='upper left')
            if axes is not panels[2]:
                axes.yaxis.set_major_formatter(plain)
        return figure
    report.plot(file.with_suffix(''), draw_all)
