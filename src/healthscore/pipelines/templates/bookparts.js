"use strict";
// Elements of the page. Whatever comes from data is text: nothing here, or anywhere, reads it as HTML.
(function () {
  const data = window.healthbook, tones = {};
  data.meta.bands.forEach(function (band) { tones[band.name] = band.tone; });

  function element(tag, about, children) {
    const made = document.createElement(tag);
    Object.keys(about || {}).forEach(function (name) {
      if (name === "text") { made.textContent = about.text; }
      else if (about[name] !== null && about[name] !== "") { made.setAttribute(name, about[name]); }
    });
    (children || []).forEach(function (child) { made.appendChild(child); });
    return made;
  }

  function fill(place, children) { place.replaceChildren.apply(place, children); }

  function chip(word, tone) { return element("span", { class: "chip tone-" + (tone || "plain"), text: word }); }

  function band(name) { return name === null ? document.createTextNode("\u2013") : chip(name, tones[name]); }

  function link(account, text) { return element("a", { href: "#account=" + encodeURIComponent(account), text: text }); }

  // What stands in a cell of a column, by its kind.
  function content(value, column) {
    if (column.kind === "band") { return band(value); }
    if (column.name === "account_id" && value !== null) { return link(value, value); }
    if (column.long && value !== null) { return element("span", { text: value, title: value }); }  // cut in the table only
    return document.createTextNode(data.write(value, column.kind));
  }

  function classes(column) {
    if (["account_id", "owner", "segment", "playbook"].indexOf(column.name) >= 0) { return "nowrap"; }
    return data.isNumeric(column.kind) ? "num" : column.long ? "long" : column.kind === "day" ? "nowrap" : "text";
  }

  // The head of a table; `sort` has the column in force, its way, and what to do when another is asked for.
  function head(columns, sort) {
    return element("thead", {}, [element("tr", {}, columns.map(function (column) {
      const about = { scope: "col", class: classes(column), title: column.meaning || "" };
      if (!sort) { return element("th", Object.assign(about, { text: column.title })); }
      about["aria-sort"] = column.name !== sort.by ? "none" : sort.descending ? "descending" : "ascending";
      const button = element("button", { type: "button", text: column.title, "data-by": column.name });
      button.addEventListener("click", function () { sort.ask(column.name); });
      return element("th", about, [button]);
    }))]);
  }

  function body(columns, rows) {
    return element("tbody", {}, rows.map(function (row) {
      return element("tr", {}, columns.map(function (column, place) {
        const value = typeof row === "function" ? row(column) : row[column.name];
        const shown = value instanceof Node ? value : content(value === undefined ? null : value, column);
        return element(place ? "td" : "th", place ? { class: classes(column) } : { scope: "row", class: classes(column) },
          [shown]);
      }));
    }));
  }

  function table(place, columns, rows, sort, caption) {
    fill(place, (caption ? [element("caption", { text: caption })] : []).concat([head(columns, sort), body(columns, rows)]));
  }

  function tile(value, what, range, words) {
    return element("div", { class: "tile" }, [element("b", { text: value, class: words ? "words" : "" }),
      element("span", { class: "range", text: range || "" }), element("span", { class: "what", text: what })]);
  }

  // A text as plotly shows it.
  function escaped(text) {
    return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  function plural(size, noun) { return data.number(size, 0) + " " + noun + (size === 1 ? "" : "s"); }

  function spec(name) { return JSON.parse(document.getElementById(name).textContent); }

  function figure(name) { return document.querySelector("[data-figure='" + name + "']"); }

  function show(place, whether) { place.hidden = !whether; }

  function by(id) { return document.getElementById(id); }

  Object.assign(data, { element, fill, chip, band, link, table, tile, escaped, plural, spec, figure, show, by, tones });
})();
