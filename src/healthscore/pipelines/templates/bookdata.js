"use strict";
// What the page holds: unpacked when it is asked for, found, sorted and written as the library does it.
(function () {
  const MINUS = "\u2212", MISSING = "\u2013", NARROW = "\u202f";
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December"];
  // Where a spreadsheet would begin to execute; `publish.FORMULA`, with the blanks that Python has and JavaScript not.
  // What it finds before a text that begins with a line end is looked for apart: two matches cannot begin at one place.
  const BLANKS = "(?:[^\\S\\r\\n]|[\\x1c-\\x1f\\x85\\u200b-\\u200f\\u2060\\ufeff])*";
  const FORMULA = new RegExp("(^|\\r\\n|[\\r\\n])(?=" + BLANKS + "[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]|\\t)", "g");
  const unpacked = {};

  const meta = JSON.parse(document.getElementById("meta").textContent);

  async function unpack(name) {
    const letters = atob(document.getElementById("data-" + name).textContent);
    const bytes = Uint8Array.from(letters, function (letter) { return letter.charCodeAt(0); });
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(plain).text());
  }

  // The content of a block, read once.
  function block(name) {
    if (!unpacked[name]) { unpacked[name] = unpack(name); }
    return unpacked[name];
  }

  // The cell of a column: a text, or a number; null where nothing stands.
  function cell(column, row) {
    if (!column) { return null; }
    if (column.codes) { return column.codes[row] < 0 ? null : column.words[column.codes[row]]; }
    const value = column.numbers[row];
    return value === null ? null : value / column.scale;
  }

  // As Python writes it: what lies exactly between two numbers, which few binary fractions do, goes to the even one.
  function fixed(size, digits) {
    const whole = size * Math.pow(10, digits), below = Math.floor(whole);
    const between = (size * Math.pow(2, digits + 1)) % 1 === 0 && whole - below === 0.5;
    return between ? ((below % 2 ? below + 1 : below) / Math.pow(10, digits)).toFixed(digits) : size.toFixed(digits);
  }

  function number(value, digits) {
    if (value === null) { return MISSING; }
    const parts = fixed(Math.abs(value), digits).split(".");
    const text = [parts[0].replace(/\B(?=(\d{3})+$)/g, ",")].concat(parts.slice(1)).join(".");
    return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
  }

  function percent(value, digits) {
    const size = Math.abs(value) < 1e-9 ? 0 : Math.abs(value);
    const shown = size === 0 || value === 1 || size >= 0.5 * Math.pow(10, -digits - 2) ? digits : digits + 1;
    return number(size === 0 ? 0 : 100 * value, shown) + NARROW + "%";
  }

  function day(text) {
    const parts = text.slice(0, 10).split("-").map(Number);
    return parts[2] + " " + MONTHS[parts[1] - 1] + " " + parts[0];
  }

  // A cell as people read it: `bookwords.written`.
  function write(value, kind) {
    if (value === null || value === "") { return MISSING; }
    if (kind === "text" || kind === "band") { return String(value); }
    if (kind === "yes") { return String(value) === "True" ? "yes" : "no"; }
    if (kind === "day") { return day(String(value)); }
    const size = Number(value);
    if (kind === "count" || kind === "money") { return number(size, 0); }
    if (kind === "share") { return percent(size, 1); }
    if (kind === "hundredth") { return percent(size / 100, 0); }
    if (kind === "signed") { return (size > 0 ? "+" : "") + number(size, 1); }
    if (kind === "figure") { return number(size, 3).replace(/\.?0+$/, ""); }
    return number(size, 1);
  }

  function isNumeric(kind) { return ["text", "band", "day", "yes"].indexOf(kind) < 0; }

  // Rows of the accounts that fit, in the order of the table: `Filter.fits`.
  function found(columns, chosen) {
    const asked = chosen.text.trim().toLowerCase();
    const wanted = ["segment", "owner", "band"].filter(function (name) { return chosen[name] !== null; }).map(
      function (name) { return [columns[name].codes, columns[name].words.indexOf(chosen[name])]; });
    const lower = asked ? lowered(columns) : null;
    const rows = [];
    for (let row = 0; row < columns.account_id.codes.length; row += 1) {
      if (wanted.every(function (one) { return one[0][row] === one[1]; }) && (!asked || lower[row].includes(asked))) {
        rows.push(row);
      }
    }
    return rows;
  }

  function lowered(columns) {
    columns.lower = columns.lower || columns.account_id.codes.map(function (code, row) {
      return (columns.account_id.words[code] + "\u0000" + (cell(columns.name, row) || "")).toLowerCase();
    });
    return columns.lower;
  }

  // What rows are sorted by: numbers as they are, bands by their place, texts by that of their word; NaN where missing.
  function keys(column, name) {
    if (column.keys) { return column.keys; }
    const size = (column.codes || column.numbers).length, made = new Float64Array(size);
    const places = column.codes ? placed(column.words, name) : null;
    for (let row = 0; row < size; row += 1) {
      const value = column.codes ? (column.codes[row] < 0 ? NaN : places[column.codes[row]]) : column.numbers[row];
      made[row] = value === null ? NaN : value;
    }
    column.keys = made;
    return made;
  }

  function placed(words, name) {
    if (name === "band" || name === "steady_band") {
      const bands = meta.bands.map(function (band) { return band.name; });
      return words.map(function (word) { return bands.indexOf(word) < 0 ? NaN : bands.indexOf(word); });
    }
    const lower = words.map(function (word) { return word.toLowerCase(); });
    const sorted = Array.from(new Set(lower)).sort(function (a, b) { return a < b ? -1 : a > b ? 1 : 0; });
    const place = new Map(sorted.map(function (word, at) { return [word, at]; }));
    return lower.map(function (word) { return place.get(word); });
  }

  // Rows by a column, equal ones in the order of the table, what is missing last: `accounts_page`.
  function sorted(rows, column, name, descending) {
    const key = keys(column, name), way = descending ? -1 : 1;
    return rows.slice().sort(function (a, b) {
      const one = key[a], other = key[b];
      if (one !== one || other !== other) { return (one !== one) - (other !== other) || a - b; }
      return way * (one - other) || a - b;
    });
  }

  // A table as a CSV file that runs nothing in a spreadsheet: `book.export`.
  function csv(columns, rows) {
    function quoted(text) { return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; }
    const lines = [columns.map(function (column) { return quoted(column.name); })].concat(rows.map(function (row) {
      return columns.map(function (column) {
        const text = cell(column, row) || "";
        return quoted(column.plain ? text : (/^[\r\n]/.test(text) ? "'" : "") + text.replace(FORMULA, "$1'"));
      });
    }));
    return lines.map(function (line) { return line.join(",") + "\r\n"; }).join("");
  }

  window.healthbook = { meta, block, cell, number, percent, write, day, isNumeric, found, sorted, csv };
})();
