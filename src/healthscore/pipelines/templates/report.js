"use strict";
(function () {
  var root = document.documentElement;
  var colours = { color: true, fillcolor: true, bgcolor: true };

  function token(name) {
    return getComputedStyle(root).getPropertyValue(name).trim();
  }

  // Colours are written as the names of the style sheet's variables, so that figures follow light, dark and print.
  function coloured(value, key) {
    if (Array.isArray(value)) { return value.map(function (item) { return coloured(item, key); }); }
    if (value && typeof value === "object") {
      var copy = {};
      Object.keys(value).forEach(function (name) { copy[name] = coloured(value[name], name); });
      return copy;
    }
    return typeof value === "string" && colours[key] && value.indexOf("--") === 0 ? token(value) : value;
  }

  function axis(given, narrow) {
    return Object.assign({
      gridcolor: token("--line"), linecolor: token("--line"), zerolinecolor: token("--line"),
      tickcolor: token("--line"), automargin: true, fixedrange: true
    }, given, narrow && given.type === "category" ? { tickangle: -60, tickfont: { size: 11 } } : {});
  }

  // A figure is drawn when it is seen; a page that changes one gives it a `spec` of its own and draws again.
  function draw() {
    document.querySelectorAll("[data-figure]").forEach(function (place) {
      if (place.closest("[hidden]")) { return; }
      var spec = coloured(place.spec || JSON.parse(document.getElementById(place.dataset.figure).textContent), "");
      var narrow = place.clientWidth < 520;
      var layout = Object.assign({}, spec.layout, {
        font: { family: getComputedStyle(document.body).fontFamily, size: narrow ? 12 : 13, color: token("--muted") },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        margin: { l: 8, r: 26, t: 8, b: 8 }, hovermode: "closest",
        xaxis: axis(spec.layout.xaxis, narrow), yaxis: axis(spec.layout.yaxis, narrow),
        showlegend: true,
        legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom" },
        hoverlabel: { bgcolor: token("--surface"), bordercolor: token("--line"), font: { color: token("--ink") } }
      });
      Plotly.react(place, spec.data, layout, { displayModeBar: false, displaylogo: false, responsive: true });
      place.setAttribute("data-drawn", "yes");
    });
  }

  ["(prefers-color-scheme: dark)", "print"].forEach(function (query) {
    window.matchMedia(query).addEventListener("change", draw);
  });
  // A printed page shows what is folded away on the screen.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
  });
  window.drawFigures = draw;
  draw();
})();
