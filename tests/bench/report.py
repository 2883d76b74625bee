"""The results as a Markdown table and as a small plot."""

import os
import statistics

WORKLOADS = {
    "static": "static, 100,000 names",
    "nxdomain": "the same zone, names that are not there",
    "steered": "steered, ECS in every query, 8 regions",
    "static-50k": "static at 50,000 queries a second",
    "steered-50k": "steered at 50,000 queries a second",
    "tcp": "static over TCP, many queries on each of 8 connections",
    "tcp-once": "static over TCP, a connection for each query",
}


def middle(values):
    return statistics.median(values)


def spread(values):
    """Half the distance between the quartiles, as a share of the median."""
    if len(values) < 3 or not middle(values):
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle(values)


def told(values, digits):
    return f"{middle(values):,.{digits}f} ±{100 * spread(values):.0f} %"


def of(runs, *keys):
    values = []
    for run in runs:
        for key in keys:
            run = run[key]
        values.append(run)
    return values


def query_table(workload, by_server):
    lines = [f"### {WORKLOADS.get(workload, workload)}", "",
             "| server | queries/s | CPU µs/answer | user | system | p50 µs | p99 µs | p99.9 µs "
             "| lost | wrong |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for server, runs in by_server.items():
        lines.append("| " + " | ".join([
            server, told(of(runs, "rate"), 0), told(of(runs, "server_cpu", "total_us"), 2),
            told(of(runs, "server_cpu", "user_us"), 2), told(of(runs, "server_cpu", "system_us"), 2),
            f"{middle(of(runs, 'latency_us', 'p50')):.0f}",
            f"{middle(of(runs, 'latency_us', 'p99')):.0f}",
            f"{middle(of(runs, 'latency_us', 'p99.9')):.0f}",
            str(sum(of(runs, "lost"))), str(sum(of(runs, "wrong"))),
        ]) + " |")
    return lines + [""]


def load_table(names, by_server):
    lines = [f"### A zone of {int(names):,} names", "",
             "| server | load s | CPU s | PSS MB | reload s | lost | p99 µs quiet / during reload "
             "| worst µs | PSS after |",
             "|---|---|---|---|---|---|---|---|---|"]
    for server, rows in by_server.items():
        lines.append("| " + " | ".join([
            server, f"{middle(of(rows, 'load_seconds')):.2f}",
            f"{middle(of(rows, 'load_cpu_seconds')):.2f}",
            f"{middle(of(rows, 'memory')) / 1e6:.0f}", f"{middle(of(rows, 'reload_seconds')):.2f}",
            str(sum(of(rows, "lost"))),
            f"{middle(of(rows, 'p99_quiet_us')):.0f} / {middle(of(rows, 'p99_reload_us')):.0f}",
            f"{middle(of(rows, 'worst_us')):.0f}", f"{middle(of(rows, 'memory_after')) / 1e6:.0f}",
        ]) + " |")
    return lines + [""]


def heading(results):
    about = results["about"]
    begin, end = results["load_average"]
    return [
        "# Benchmark", "",
        f"{about['date']} UTC, {about['processor']}, {about['processors']} processors, Linux "
        f"{about['kernel']}. {about['rounds']} interleaved rounds, {about['seconds']:g} s a run, "
        f"workers: {about['workers']}; server on {about['server_cores']}, generator on "
        f"{about['load_cores']}. Load average {begin:.1f} before, {end:.1f} after.", "",
        "Medians; ± is half the distance between the quartiles.", "",
        *[f"- {name}: {version}" for name, version in about["versions"].items() if version], "",
    ]


# ---- the plot ------------------------------------------------------------------------------

WIDTH, LEFT, BAR, GAP = 720, 210, 18, 6
USER, SYSTEM = "#d1495b", "#8d99ae"


def bars(title, rows, top):
    """One panel: a bar for each server, user and system time end to end."""
    most = max((user + system for _, user, system in rows), default=0) or 1
    scale = (WIDTH - LEFT - 110) / most
    out = [f'<text x="8" y="{top + 14}" font-weight="bold">{title}</text>']
    at = top + 24
    for name, user, system in rows:
        out.append(f'<text x="{LEFT - 8}" y="{at + 13}" text-anchor="end">{name}</text>')
        out.append(f'<rect x="{LEFT}" y="{at}" width="{user * scale:.1f}" height="{BAR}" '
                   f'fill="{USER}"/>')
        out.append(f'<rect x="{LEFT + user * scale:.1f}" y="{at}" width="{system * scale:.1f}" '
                   f'height="{BAR}" fill="{SYSTEM}"/>')
        out.append(f'<text x="{LEFT + (user + system) * scale + 6:.1f}" y="{at + 13}">'
                   f'{user:.2f} + {system:.2f}</text>')
        at += BAR + GAP
    return out, at + GAP


def plot(results):
    body, top = [], 34
    for workload, by_server in results["rounds"].items():
        rows = [(server, middle(of(runs, "server_cpu", "user_us")),
                 middle(of(runs, "server_cpu", "system_us"))) for server, runs in by_server.items()]
        panel, top = bars(WORKLOADS.get(workload, workload), rows, top)
        body += panel
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{top}" fill="white"/>',
        '<text x="8" y="20">CPU microseconds for each answer: '
        f'<tspan fill="{USER}">user</tspan> + <tspan fill="{SYSTEM}">system</tspan></text>',
        *body, "</svg>", ""])


def write(results, folder):
    """Writes results.md and results.svg; the text of the first."""
    lines = heading(results)
    for workload, by_server in results["rounds"].items():
        lines += query_table(workload, by_server)
    for names, by_server in results["loading"].items():
        lines += load_table(names, by_server)
    with open(os.path.join(folder, "results.md"), "w", encoding="utf-8") as out:
        out.write("\n".join(lines))
    if results["rounds"]:
        with open(os.path.join(folder, "results.svg"), "w", encoding="utf-8") as out:
            out.write(plot(results))
    return "\n".join(lines)
