"use strict";
// Worklists, to be taken along as CSV; and the beginning of it all.
(function () {
  const data = window.healthbook, meta = data.meta, by = data.by, SIZE = 50;
  let list = null, rows = [], page = 0;

  async function open() {
    list = await data.block("list-" + by("list").value);
    const owner = column("owner"), names = owner ? owner.words.slice().sort() : [];
    data.fill(by("list-owner"), [data.element("option", { text: "All", value: "all" })].concat(names.map(function (name) {
      return data.element("option", { text: name, value: "of " + name });
    })));
    data.show(by("list-owner").parentNode, names.length > 1);
    choose();
  }

  function column(name) { return list.columns.find(function (one) { return one.name === name; }); }

  function choose() {
    const owner = by("list-owner").value, own = column("owner");
    rows = Array.from({ length: list.rows }, function (none, row) { return row; }).filter(function (row) {
      return owner === "all" || data.cell(own, row) === owner.slice(3);
    });
    page = 0;
    tell();
  }

  function tell() {
    const start = page * SIZE, shown = list.columns.filter(function (one) { return one.words.length > 0; });
    data.table(by("list-table"), shown, rows.slice(start, start + SIZE).map(function (row) {
      return function (one) { return data.cell(one, row); };
    }));
    data.show(by("list-table"), rows.length);
    data.show(by("list-none"), !rows.length);
    data.show(by("list-place").parentNode, rows.length > SIZE);
    by("list-said").textContent = data.plural(rows.length, "row") + (rows.length < list.rows ? " of " + data.number(list.rows, 0) : "");
    by("list-place").textContent = data.number(start + 1, 0) + " to " + data.number(Math.min(start + SIZE, rows.length), 0) + " of " + data.number(rows.length, 0);
    by("list-previous").disabled = page === 0;
    by("list-next").disabled = start + SIZE >= rows.length;
  }

  function download() {
    const file = new Blob([data.csv(list.columns, rows)], { type: "text/csv" });
    const link = data.element("a", { href: URL.createObjectURL(file), download: list.file });
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  function lists() {
    if (!by("list")) { return; }
    by("list").addEventListener("change", open);
    by("list-owner").addEventListener("change", choose);
    by("download").addEventListener("click", download);
    [["list-previous", -1], ["list-next", 1]].forEach(function (one) {
      by(one[0]).addEventListener("click", function () { page += one[1]; tell(); });
    });
    window.addEventListener("hashchange", function () { if (location.hash === "#worklists" && !list) { open(); } });
    if (location.hash === "#worklists") { open(); }
  }

  document.documentElement.classList.add("js");
  document.querySelectorAll("section.view").forEach(function (view) { view.hidden = true; });  // until it is asked for
  data.begin().then(lists).catch(function (error) {
    by("failed").textContent = typeof DecompressionStream === "undefined" ?
      "This browser is too old to unpack the accounts in this file: one of 2023 or later is needed." : "The accounts in this file cannot be read: " + error;
    by("failed").hidden = false;
  });
})();
