"use strict";
// The book and its accounts: what a filter leaves of them, in counts, figures and a table.
(function () {
  const data = window.healthbook, meta = data.meta, by = data.by, SIZE = 50, MOST = 10;
  const state = { text: "", segment: null, owner: null, band: null, sort: "rank", descending: false, page: 0 };
  let columns, overtime, movers, drawn = "";

  function value(name, row) { return data.cell(columns[name], row); }
  function isScored(row) { return value("status", row) === "scored"; }
  function sum(rows, name) { return rows.reduce(function (all, row) { return all + (value(name, row) || 0); }, 0); }
  function per(size, of) { return of ? size / of : null; }

  // ------------------------------------------------------------------------------------------------ the book

  function glance(rows) {
    const rated = rows.filter(isScored), without = {};
    rows.filter(function (row) { return !isScored(row); }).forEach(function (row) {
      without[value("status", row)] = (without[value("status", row)] || 0) + 1;
    });
    const known = rated.some(function (row) { return value("value", row) !== null; });
    const revenue = known ? sum(rated, "value") : null;
    const bands = meta.bands.map(function (band) {
      const own = rated.filter(function (row) { return value("band", row) === band.name; });
      const worth = known ? sum(own, "value") : null;
      return { name: band.name, accounts: own.length, share: per(own.length, rated.length), revenue: worth,
        revenue_share: revenue > 0 ? worth / revenue : null, revenue_at_risk: known ? sum(own, "revenue_at_risk") : null };
    });
    return {
      accounts: rated.length, mean: per(sum(rated, "health"), rated.length), revenue, bands, without,
      atRisk: known ? sum(rated, "revenue_at_risk") : null,
      gained: rated.filter(function (row) { return value("change", row) > 0; }).length,
      lost: rated.filter(function (row) { return value("change", row) < 0; }).length,
      unsure: rated.filter(function (row) { return value("low_confidence", row) !== null; }).length,
      overridden: rows.filter(function (row) { return value("overridden", row) > 0; }).length
    };
  }

  function tellGlance(told) {
    const tiles = [data.tile(data.number(told.accounts, 0), told.accounts === 1 ? "account has a score" : "accounts have a score"),
      data.tile(data.number(told.mean, 1), "points on average, of 100")];
    if (told.revenue !== null) {
      tiles.push(data.tile(data.number(told.revenue, 0), "revenue per month"));
      tiles.push(data.tile(data.number(told.atRisk, 0), "of it at risk"));
    }
    if (meta.dates.length > 1) {
      tiles.push(data.tile(data.number(told.gained, 0), "gained points since the score before, and " + data.number(told.lost, 0) + " lost some"));
    }
    data.fill(by("tiles"), tiles);
    const shown = meta.tables.bands.map(function (one) {
      return one.name === "name" ? Object.assign({}, one, { title: "Band", kind: "band" }) : one;
    });
    data.table(by("bands-table"), shown, told.bands);
    const facts = Object.keys(told.without).sort().map(function (status) {
      return "No score: " + data.plural(told.without[status], "account") + ", " + meta.statuses[status] + ".";
    });
    if (told.unsure) { facts.push("Low confidence: the scores of " + data.plural(told.unsure, "account") + "."); }
    if (told.overridden) { facts.push("Set by a person beside the computed score: " + data.plural(told.overridden, "account") + "."); }
    data.fill(by("facts"), facts.map(function (text) { return data.element("li", { text }); }));
  }

  // Sums of the dates over what fits: bands -> date -> accounts and revenue; per date, how many are scored, and points.
  function sums() {
    const made = { bands: {}, scored: meta.dates.map(zero), health: meta.dates.map(zero), revenue: meta.dates.map(zero) };
    const wanted = ["segment", "owner", "band"].filter(function (name) { return state[name] !== null; });
    overtime.date.forEach(function (date, row) {
      const fits = wanted.every(function (name) { return data.cell(overtime[name], row) === state[name]; });
      if (!fits) { return; }
      const name = data.cell(overtime.band, row), band = made.bands[name] = made.bands[name] ||
        { accounts: meta.dates.map(zero), revenue: meta.dates.map(zero) };
      band.accounts[date] += data.cell(overtime.accounts, row);
      band.revenue[date] += data.cell(overtime.revenue, row) || 0;
      made.revenue[date] += data.cell(overtime.revenue, row) || 0;
      made.scored[date] += data.cell(overtime.scored, row);
      made.health[date] += data.cell(overtime.health, row) || 0;
    });
    return made;
  }
  function zero() { return 0; }

  function tellOvertime() {
    const told = sums(), nothing = meta.dates.map(zero);
    ["accounts", "revenue"].forEach(function (measure) {
      const place = data.figure("figure-" + measure);
      if (!place) { return; }
      const spec = data.spec("figure-" + measure);
      spec.data.forEach(function (bars, at) {
        const band = told.bands[meta.drawn[at]];
        bars.y = band ? band[measure] : nothing;
        bars.customdata = bars.y.map(function (size, date) {
          return measure === "revenue" || meta.drawn[at] === meta.noScore || !told.scored[date] ? "" :
            " (" + data.percent(size / told.scored[date], 1) + " of those with a score)";
        });
      });
      place.spec = spec;
    });
    const dates = meta.dates.map(function (day, date) { return date; }).filter(function (date) { return told.scored[date]; });
    const place = data.figure("figure-mean");
    if (place) {
      const spec = data.spec("figure-mean"), line = spec.data[0];
      line.x = dates.map(function (date) { return meta.dates[date]; });
      line.y = dates.map(function (date) { return told.health[date] / told.scored[date]; });
      line.customdata = dates.map(function (date) { return data.number(told.scored[date], 0); });
      place.spec = spec;
    }
    tellDates(told, nothing);
  }

  function tellDates(told, nothing) {
    const named = meta.drawn.map(function (name) { return { name: "band " + name, title: name, kind: "count" }; });
    const shown = [{ name: "date", title: "Date", kind: "day" }].concat(named,
      [{ name: "mean", title: "Mean score", kind: "points" }],
      by("measure") ? [{ name: "revenue", title: "Revenue", kind: "money" }] : []);
    data.table(by("overtime-table"), shown, meta.dates.map(function (day, date) {
      const row = { date: day, mean: per(told.health[date], told.scored[date]), revenue: told.revenue[date] };
      meta.drawn.forEach(function (name) { row["band " + name] = (told.bands[name] || { accounts: nothing }).accounts[date]; });
      return row;
    }));
  }

  function tellMovers(rows) {
    if (!by("since")) { return; }
    const fits = new Set(rows), since = by("since").value, words = meta.sinceWords[since];
    const parts = [["lost", "Lost most"], ["gained", "Gained most"]].map(function (one) {
      const moved = movers[since][one[0]], places = [];
      for (let at = 0; at < moved.at.length && places.length < MOST; at += 1) {
        if (fits.has(moved.at[at])) { places.push(at); }
      }
      if (!places.length) { return null; }
      const table = data.element("table");
      data.table(table, meta.tables.movers, places.map(function (at) {
        return function (column) {
          if (column.name === "change" || column.name === "reason") { return data.cell(moved[column.name], at); }
          return value(column.name, moved.at[at]);
        };
      }), null, one[1] + " since " + words);
      return data.element("div", { class: "scroll" }, [table]);
    }).filter(Boolean);
    const none = data.element("p", { class: "muted", text: meta.nothing.movers.replace("{since}", words) });
    data.fill(by("movers"), parts.length ? parts : [none]);
  }

  function tellBook(rows) {
    tellGlance(glance(rows));
    data.show(by("overtime-said"), state.text.trim() !== "");
    const asked = JSON.stringify([state.segment, state.owner, state.band]);
    if (asked !== drawn) { tellOvertime(); drawn = asked; }
    tellMovers(rows);
    window.drawFigures();
  }

  // -------------------------------------------------------------------------------------------- the accounts

  function score(row) {
    const health = value("health", row), form = by("display").value;
    if (health === null) { return document.createTextNode("\u2013"); }
    if (form === "colour") { return data.chip(meta.colours[data.tones[value("band", row)]], data.tones[value("band", row)]); }
    return document.createTextNode(data.form(form, row));
  }

  // The score of an account in one of its forms: `book.displays`.
  data.form = function (form, row) {
    if (form === "letter") { return value("grade", row) || "\u2013"; }
    if (form === "rank") { return data.number(value("rank", row), 0) + " of " + data.number(data.scored, 0); }
    return data.percent(value("health", row) / 100, 1);
  };

  function tellAccounts(rows) {
    const ordered = data.sorted(rows, columns[state.sort], state.sort, state.descending);
    state.page = Math.max(0, Math.min(state.page, Math.ceil(ordered.length / SIZE) - 1));
    const start = state.page * SIZE, page = ordered.slice(start, start + SIZE);
    const sort = { by: state.sort, descending: state.descending, ask: ask };
    data.table(by("accounts-table"), meta.tables.accounts, page.map(function (row) {
      return function (column) { return column.name === "health" ? score(row) : value(column.name, row); };
    }), sort);
    data.show(by("nobody"), !ordered.length);
    data.show(by("accounts-table"), ordered.length);
    data.show(by("pages"), ordered.length > SIZE);
    by("place").textContent = data.number(start + 1, 0) + " to " + data.number(start + page.length, 0) + " of " +
      data.number(ordered.length, 0);
    by("previous").disabled = start === 0;
    by("next").disabled = start + SIZE >= ordered.length;
  }

  function ask(name) {
    state.descending = state.sort === name && !state.descending;
    state.sort = name;
    state.page = 0;
    tell();
    document.querySelector("#accounts-table [data-by='" + name + "']").focus();
  }

  // ------------------------------------------------------------------------------------- filter, views, pages

  function tell() {
    const rows = data.found(columns, state);
    by("found").textContent = data.plural(rows.length, "account") + (rows.length < data.size ? " of " + data.number(data.size, 0) : "");
    if (data.view === "book") { tellBook(rows); }
    if (data.view === "accounts") { tellAccounts(rows); }
  }

  function choose() {
    state.text = by("text").value;
    ["segments", "owners", "bands"].forEach(function (name) {
      const select = by(name);
      state[name.slice(0, -1)] = select && select.value ? select.selectedOptions[0].textContent : null;
    });
    state.page = 0;
    tell();
  }

  data.asked = function () {
    try { return decodeURIComponent(location.hash.slice(1)); } catch (error) { return location.hash.slice(1); }
  };

  // The view that the address names; `#account=ID` is one of them, and the whole page can be linked to.
  function route(first) {
    const asked = data.asked(), account = asked.startsWith("account=") ? asked.slice(8) : null;
    const views = Array.from(document.querySelectorAll("section.view"), function (one) { return one.id; });
    data.view = account !== null ? "account" : views.indexOf(asked) < 0 ? "book" : asked;
    let current;
    views.forEach(function (name) {
      by(name).classList.toggle("seen", name === data.view);
      by(name).hidden = name !== data.view;
      const link = document.querySelector("nav a[href='#" + name + "']");
      if (name === data.view) { link.setAttribute("aria-current", "page"); current = link; } else { link.removeAttribute("aria-current"); }
      if (name === "account") { data.show(link.parentNode, data.view === "account"); }
    });
    current.parentNode.parentNode.scrollLeft = current.offsetLeft - 16;
    data.show(by("filter"), data.view === "book" || data.view === "accounts");
    tell();
    if (data.view === "account") { data.tellAccount(account); }
    window.drawFigures();
    if (first !== true) { window.scrollTo(0, 0); document.querySelector("section.seen h2").focus({ preventScroll: true }); }
  }

  function listen() {
    by("text").addEventListener("input", choose);
    ["segments", "owners", "bands"].forEach(function (name) { if (by(name)) { by(name).addEventListener("change", choose); } });
    by("clear").addEventListener("click", function () {
      ["text", "segments", "owners", "bands"].forEach(function (name) { if (by(name)) { by(name).value = ""; } });
      choose();
      by("text").focus();
    });
    by("display").addEventListener("change", tell);
    if (by("since")) { by("since").addEventListener("change", tell); }
    if (by("measure")) {
      by("measure").addEventListener("change", function () {
        ["accounts", "revenue"].forEach(function (name) { data.show(data.figure("figure-" + name).parentNode, name === by("measure").value); });
        window.drawFigures();
      });
    }
    [["previous", -1], ["next", 1]].forEach(function (one) {
      by(one[0]).addEventListener("click", function () { state.page += one[1]; tell(); });
    });
    window.addEventListener("hashchange", route);
  }

  data.begin = async function () {
    const read = await data.block("accounts");
    columns = read.columns; overtime = read.overtime; movers = read.movers;
    data.columns = columns;
    data.size = columns.account_id.codes.length;
    data.scored = columns.rank.numbers.filter(function (rank) { return rank !== null; }).length;
    listen();
    route(true);
    document.documentElement.dataset.ready = "yes";
  };
})();
