(() => {
  "use strict";
  const one = (selector) => document.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const number = new Intl.NumberFormat("en");

  // The burn-down, drawn anew with uPlot so that it answers to pointer and arrow keys.
  const burndown = () => {
    const source = one("#history");
    if (!source) return;
    const history = JSON.parse(source.textContent);
    const names = ["missing", "unreadable", "outdated"];
    const labels = { missing: "can’t verify", unreadable: "unreadable", outdated: "outdated" };
    // Stacked: each curve is the sum of those below it; the highest is drawn first.
    const sums = names.map((_, top) => history.at.map((_, i) => names.slice(0, top + 1).reduce((sum, name) => sum + history[name][i], 0)));
    const data = [history.at, ...sums.reverse()];
    const chart = one("#chart");
    const readout = one("#readout");
    const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
    const days = (history.at.at(-1) - history.at[0]) / 86400;
    const shape = days > 400 ? { year: "numeric", month: "short" } : days > 3 ? { day: "numeric", month: "short" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
    const short = new Intl.DateTimeFormat("en-GB", { ...shape, timeZone: "UTC" });
    const say = (i) => {
      const parts = names.map((name) => `${number.format(history[name][i])} ${labels[name]}`);
      readout.textContent = `${day.format(new Date(history.at[i] * 1000))} UTC: ${parts.join(", ")}`;
    };
    const still = chart.firstElementChild;
    const live = document.createElement("div");
    live.className = "live";
    live.tabIndex = 0;
    live.setAttribute("role", "group");
    live.setAttribute("aria-label", `${still.getAttribute("aria-label")}. Left and right arrow keys go from sweep to sweep.`);
    let plot = null;
    const draw = () => {
      const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
      const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
      const last = history.at.length - 1;
      if (plot) plot.destroy();
      plot = new uPlot({
        width: Math.max(chart.clientWidth, 200),
        height: 250,
        // Room for half of the last day or hour.
        padding: [12, days > 3 ? 24 : 48, 0, 0],
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.05, 1)] } },
        axes: [{ ...axis, grid: { show: false }, size: 28, space: days > 3 ? 90 : 130, values: (_, times) => times.map((time) => short.format(new Date(time * 1000))).map((label, i, labels) => label === labels[i - 1] ? "" : label) }, { ...axis, size: 56, space: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5] }],
        series: [{}, ...[...names].reverse().map((name) => ({ stroke: colour(`${name}-fill`), fill: colour(`${name}-soft`), width: 1.5, points: { show: last < 60, size: 5 } }))],
        hooks: { setCursor: [(u) => say(u.cursor.idx ?? last)] },
      }, data, live);
      say(last);
    };
    still.replaceWith(live);
    draw();
    new ResizeObserver(() => plot && plot.setSize({ width: Math.max(chart.clientWidth, 200), height: 250 })).observe(chart);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    live.addEventListener("keydown", (event) => {
      const last = history.at.length - 1;
      const at = plot.cursor.idx ?? last;
      const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      const i = Math.min(Math.max(next, 0), last);
      plot.setCursor({ left: plot.valToPos(history.at[i], "x"), top: 0 });
    });
  };

  // The table of all images.
  const table = () => {
    const body = one("#table tbody");
    const form = one("#filter");
    if (!form) return;
    const shown = one("#shown");
    const registry = form.dataset.registry.toLowerCase();
    const team = all("#table thead th").findIndex((head) => head.textContent === "Team");
    const rows = all("tr", body).map((row) => ({ row, state: row.dataset.state, team: team < 0 ? "" : row.cells[team].textContent, text: row.textContent.toLowerCase() }));
    const filter = () => {
      // Names are shown without the registry that all of them are in; who pastes one with it means the same.
      const words = form.elements.text.value.toLowerCase().split(/\s+/).map((word) => word.startsWith(registry) ? word.slice(registry.length) : word).filter(Boolean);
      const wanted = form.elements.team ? form.elements.team.value : "";
      const states = new Set(all("input[name=state]:checked", form).map((box) => box.value));
      let count = 0;
      for (const entry of rows) {
        const fits = states.has(entry.state) && (!wanted || entry.team === wanted) && words.every((word) => entry.text.includes(word));
        entry.row.hidden = !fits;
        count += fits;
      }
      shown.textContent = `${number.format(count)} of ${number.format(rows.length)} shown`;
      one("#nothing").hidden = count > 0;
      one("#table").hidden = count === 0;
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    filter();

    // Ways here from other tables set the filter.
    for (const link of all("a[data-find], a[data-team]")) {
      link.addEventListener("click", () => {
        form.reset();
        if (link.dataset.team !== undefined && form.elements.team) form.elements.team.value = link.dataset.team;
        else form.elements.text.value = link.dataset.find;
        filter();
      });
    }

    // Columns sort, both ways.
    const collator = new Intl.Collator("en", { numeric: true });
    const order = all("input[name=state]", form).map((box) => box.value);
    for (const [index, head] of all("#table thead th").entries()) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of all("#table thead th")) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const by = (one, other) => index === 0
          ? order.indexOf(one.state) - order.indexOf(other.state)
          : collator.compare(one.row.cells[index].textContent, other.row.cells[index].textContent);
        rows.sort((one, other) => down ? by(other, one) : by(one, other));
        body.append(...rows.map((entry) => entry.row));
      });
    }
  };

  burndown();
  table();
})();
