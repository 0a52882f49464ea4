"use strict";
// One account: its score over time, the sum that makes it, in words, beside its peers, and what is to be done.
(function () {
  const data = window.healthbook, meta = data.meta, by = data.by;

  function value(name, row) { return data.cell(data.columns[name], row); }

  data.tellAccount = async function (account) {
    const word = data.columns.account_id.words.indexOf(account), row = data.columns.account_id.codes.indexOf(word);
    by("account-title").textContent = word < 0 ? "Account" : value("name", row) || account;
    by("account-none").textContent = account && word < 0 ? "There is no account " + account + " in this file." : meta.nothing.account;
    data.show(by("account-none"), word < 0);
    data.show(by("account-told"), word >= 0);
    if (word < 0) { return; }
    const part = Math.floor(row / meta.part), at = row - part * meta.part;
    const read = await Promise.all([data.block("details-" + part), data.block("points")]);
    if (data.asked() !== "account=" + account) { return; }  // another was asked for meanwhile
    const told = function (name) { return data.cell(read[0][name], at); };
    tellHead(row, told);
    tellCourse(read[0].course, at);
    tellSum(row, read[1], told);
    tellReasons(read[0], at);
    tellPeers(row, read[1]);
    tellPath(read[0].path[at], row);
    tellMore(row, told);
    by("account-told").dataset.account = account;
    window.drawFigures();
  };

  // --------------------------------------------------------------------------------------------------- head

  function tellHead(row, told) {
    const band = value("band", row), health = value("health", row);
    const given = [value("segment", row), value("owner", row)].filter(function (one) { return one !== meta.notGiven; });
    const about = [value("account_id", row)].concat(given).filter(Boolean).join(" \u00b7 ");
    data.fill(by("account-about"), [data.band(band), document.createTextNode(about)]);
    const tiles = [];
    if (health === null) {
      tiles.push(data.tile(meta.statuses[value("status", row)], "why it has no score", "", true));
    } else {
      const low = told("health_low"), high = told("health_high");
      tiles.push(data.tile(data.form("percent", row), "score, of 100 points", low === null ? "" :
        "(" + data.number(low, 1) + "\u2013" + data.number(high, 1) + ")"));
      tiles.push(data.tile(data.form("letter", row), "letter, A is the healthiest"));
      tiles.push(data.tile(data.number(value("rank", row), 0), "rank of " + data.number(data.scored, 0) + ", 1 is the lowest"));
    }
    if (value("value", row) !== null) { tiles.push(data.tile(data.number(value("value", row), 0), "revenue per month")); }
    data.fill(by("account-tiles"), tiles);
    data.fill(by("account-override"), told("override_author") === null ? [] : [data.element("p", { class: "note", text: override(told) })]);
  }

  function override(told) {
    const set = [told("override_health") === null ? null : data.number(told("override_health"), 1) + " points", told("override_band")];
    return told("override_author") + " set it to " + set.filter(Boolean).join(", ") + ": " + (told("override_reason") || "no reason is given") +
      (told("override_expires_on") ? " (until " + data.day(told("override_expires_on")) + ")" : "") + ". The computed score stands above.";
  }

  // ------------------------------------------------------------------------------------------------- course

  function tellCourse(course, at) {
    const rows = course.map(function (date, place) {
      const row = { as_of: meta.dates[place] };
      Object.keys(date).forEach(function (name) { row[name] = data.cell(date[name], at); });
      return row;
    }).filter(function (row) { return row.status !== null; });
    const scored = rows.filter(function (row) { return row.health !== null; });
    data.show(by("course-one"), rows.length < 2);
    data.show(data.figure("figure-course"), scored.length > 0);
    if (scored.length) { data.figure("figure-course").spec = courseSpec(rows, scored); }
    data.table(by("course-table"), meta.tables.course, rows.slice().reverse());
  }

  // The figure of `bookcharts.course`, with this account's numbers in the places of the sample's.
  function courseSpec(rows, scored) {
    const spec = data.spec("figure-course"), days = rows.map(function (row) { return row.as_of; });
    const line = spec.data.find(function (one) { return one.name === "score"; });
    line.x = days;
    line.y = rows.map(function (row) { return row.health; });
    line.customdata = rows.map(function (row) { return [data.escaped(row.band || "not scored"), because(row)]; });
    const known = scored.filter(function (row) { return row.health_low !== null; });
    const turns = scored.filter(function (row) { return row.moved; }).sort(function (a, b) { return Math.abs(b.change) - Math.abs(a.change); })
      .slice(0, meta.turns[0]).filter(function (row) { return Math.abs(row.change) >= meta.turns[1]; })
      .sort(function (a, b) { return a.as_of < b.as_of ? -1 : 1; });
    spec.data.forEach(function (one) {
      if (one.line && one.line.width === 0 || one.fill) {
        one.x = known.map(function (row) { return row.as_of; });
        one.y = known.map(function (row) { return one.fill ? row.health_low : row.health_high; });
      } else if (one.line && one.line.dash) {
        one.x = [days[0], days[days.length - 1]];
      } else if (one.mode === "markers") {
        one.x = turns.map(function (row) { return row.as_of; });
        one.y = turns.map(function (row) { return row.health; });
        one.marker.symbol = turns.map(function (row) { return row.change > 0 ? "triangle-up" : "triangle-down"; });
        one.marker.color = turns.map(function (row) { return row.change > 0 ? "--good" : "--risk"; });
      }
    });
    spec.data = spec.data.filter(function (one) { return one.x.length > 0; });
    spec.layout.annotations = turns.map(function (row) { return note(spec.layout.annotations[0], row, days); });
    return spec;
  }

  // What moved a score, in words beside its triangle; at the ends of the figure within it.
  function note(sample, row, days) {
    const place = days.indexOf(row.as_of), first = place === 0 && days.length > 1, last = place === days.length - 1 && days.length > 1;
    return Object.assign({}, sample, { x: row.as_of, y: row.health, text: data.escaped(row.moved.replace(/_/g, " ")),
      yshift: row.change > 0 ? 18 : -18, xanchor: first ? "left" : last ? "right" : "center" });
  }

  function because(row) {
    if (!row.change) { return ""; }
    return "<br>" + data.escaped(data.write(row.change, "signed") + " since the score before" + (row.moved ? ", most of all " + row.moved : ""));
  }

  // ---------------------------------------------------------------------------------------------- the sum

  // Steps of `accountcharts.sum_of`, in whole tenths of a point: they add up exactly.
  function steps(row, points, told) {
    const tenths = function (column) { return column.numbers[row]; };
    const parts = meta.components.map(function (name, place) { return { name, points: tenths(points.components[place]) }; });
    parts.sort(function (a, b) { return a.points - b.points; });
    if (tenths(points.capped)) {
      parts.push({ name: told("cap") ? "rule: " + told("cap") : "end of the scale", points: tenths(points.capped) });
    }
    const made = [{ name: meta.byCard ? "all points" : "typical account", points: tenths(points.base), begins: 0, total: true }];
    let height = tenths(points.base);
    parts.forEach(function (part) { made.push(Object.assign(part, { begins: height })); height += part.points; });
    made.push({ name: "score", points: tenths(data.columns.health), begins: 0, total: true });
    return made;
  }

  function tellSum(row, points, told) {
    const scored = value("health", row) !== null;
    data.show(by("waterfall-none"), !scored);
    data.show(by("waterfall-table"), scored);
    if (!scored) { return; }
    const made = steps(row, points, told), ends = made.flatMap(function (step) { return [step.begins, step.begins + step.points]; });
    const low = Math.min(0, ...ends), high = Math.max(1000, ...ends);
    const shown = [{ name: "name", title: "Step", kind: "text" }, { name: "bar", title: "", kind: "text" },
      { name: "points", title: "Points", kind: "text" }, { name: "end", title: "Sum so far", kind: "points" }];
    data.table(by("waterfall-table"), shown, made.map(function (step) {
      const left = Math.min(step.begins, step.begins + step.points), tone = step.total ? "" : step.points < 0 ? "risk" : "good";
      const text = step.total ? data.number(step.points / 10, 1) : data.write(step.points / 10, "signed");
      return { name: step.name, bar: strip([[left, Math.abs(step.points), tone]], low, high), points: text, end: (step.begins + step.points) / 10 };
    }));
    Array.from(by("waterfall-table").tBodies[0].rows).forEach(function (line, place) {
      line.children[1].className = "bar";
      line.children[2].className = "num";
      line.className = made[place].total ? "total" : "";
    });
    by("waterfall-table").tHead.rows[0].children[2].className = "num";
  }

  // Bars from where to how wide, on a scale.
  function strip(bars, low, high) {
    return data.element("span", { class: "steps", "aria-hidden": "true" }, bars.map(function (bar) {
      const made = data.element("i", { class: bar[2] });
      made.style.left = 100 * (bar[0] - low) / (high - low) + "%";
      if (bar[1] !== null) { made.style.width = 100 * bar[1] / (high - low) + "%"; }
      return made;
    }));
  }

  function tellReasons(read, at) {
    const sides = [["drivers_down", "What lowers it"], ["drivers_up", "What raises it"]].map(function (side) {
      const said = read[side[0]] ? read[side[0]][at] : [];
      return said.length ? data.element("div", {}, [data.element("h3", { text: side[1] }), data.element("ul", { class: "reasons" }, said.map(reason))]) : null;
    }).filter(Boolean);
    data.fill(by("reasons"), sides.length ? sides : [data.element("p", { class: "muted", text: meta.nothing.reasons })]);
  }

  function reason(text) {
    const parts = /^(.*?) ([+-]\d+\.\d)(?:: ([^]*))?$/.exec(text) || [text, "", "", text];
    return data.element("li", {}, [data.element("b", { text: parts[2].replace("-", "\u2212") }), data.element("span", {}, [
      document.createTextNode((parts[3] || "") + " "), data.element("span", { class: "muted small", text: parts[1].replace(/_/g, " ") })])]);
  }

  // -------------------------------------------------------------------------------------------------- peers

  // Quartiles of the others of its segment by linear interpolation, and how many have fewer points: `book.peers`.
  function peers(row, points) {
    const none = data.columns.segment.words.indexOf(meta.notGiven), segment = data.columns.segment.codes[row], others = [];
    data.columns.health.numbers.forEach(function (health, other) {
      const alike = segment === none || data.columns.segment.codes[other] === segment;
      if (health !== null && other !== row && alike) { others.push(other); }
    });
    const parts = [["score", data.columns.health]].concat(meta.components.map(function (name, place) { return [name, points.components[place]]; }));
    return { segment: segment === none ? null : value("segment", row), accounts: others.length, rows: parts.map(function (part) {
      const own = part[1].numbers[row], theirs = Float64Array.from(others, function (other) { return part[1].numbers[other]; }).sort();
      const fewer = theirs.filter(function (one) { return one < own; }).length, same = theirs.filter(function (one) { return one === own; }).length;
      return { name: part[0], points: own / 10, low: quantile(theirs, 0.25) / 10, middle: quantile(theirs, 0.5) / 10,
        high: quantile(theirs, 0.75) / 10, below: 100 * (fewer + same / 2) / theirs.length };
    }) };
  }

  function quantile(sorted, share) {
    const place = share * (sorted.length - 1), below = Math.floor(place), above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  function tellPeers(row, points) {
    const told = value("health", row) === null ? { accounts: 0, rows: [] } : peers(row, points), there = told.accounts > 0;
    data.show(by("peers-table"), there);
    by("peers-said").textContent = !there ? meta.nothing.peers : "The " + data.plural(told.accounts, "other account") + " with a score" +
      (told.segment === null ? "" : " in segment " + told.segment) + ". The bar is the middle half of them, the line their middle, the dot this account.";
    if (!there) { return; }
    const parts = told.rows.slice(1), all = parts.flatMap(function (one) { return [one.points, one.low, one.high]; });
    const low = Math.min(0, ...all) - 2, high = Math.max(0, ...all) + 2;
    const shown = meta.tables.peers.slice(0, 1).concat([{ name: "bar", title: "", kind: "text" }], meta.tables.peers.slice(1));
    data.table(by("peers-table"), shown, told.rows.map(function (one, place) {
      const ends = place ? [low, high] : [0, 100];
      return Object.assign({ bar: strip([[one.low, one.high - one.low, "quarters"], [one.middle, null, "middle"], [one.points, null, "own"]], ends[0], ends[1]) }, one);
    }));
    Array.from(by("peers-table").tBodies[0].rows).forEach(function (line) { line.children[1].className = "bar"; });
  }

  // ---------------------------------------------------------------------------------------- path, and the rest

  function tellPath(path, row) {
    const top = value("band", row) === meta.bands[meta.bands.length - 1].name;
    if (!path) {
      data.fill(by("path"), [data.element("p", { class: "muted", text: top ? meta.nothing.top : meta.nothing.path })]);
      return;
    }
    const more = path.of > path.steps.length ? " The strongest " + path.steps.length + " of " + path.of + " steps:" : "";
    const table = data.element("table");
    data.table(table, [{ name: "what", title: "If it were like this", kind: "text" }, { name: "component", title: "Component", kind: "text" },
      { name: "points", title: "Points", kind: "signed" }], path.steps.map(function (step) {
      return { component: step[0].replace(/_/g, " "), what: step[1], points: step[2] };
    }));
    data.fill(by("path"), [data.element("p", { text: "To " + path.band + ", at " + data.number(path.health, 1) + " points." + more }),
      data.element("div", { class: "scroll" }, [table]), data.element("p", { class: "legend", text: meta.pathMeans })]);
  }

  function tellMore(row, told) {
    const facts = Object.values(meta.facts).flatMap(function (column) {
      const known = told(column.name) === null ? data.columns[column.name] ? value(column.name, row) : null : told(column.name);
      return known === null ? [] : [data.element("dt", { text: column.title }), data.element("dd", { text: data.write(known, column.kind) +
        (column.meaning ? " \u2013 " + column.meaning : "") })];
    });
    data.fill(by("account-facts"), facts);
  }

  data.sum = steps;
  data.peers = peers;
})();
