"use strict";
// One set of the weights that were tried beforehand is shown at a time.
(function () {
  const select = document.getElementById("weights");

  function choose() {
    document.querySelectorAll(".tried").forEach(function (one) { one.hidden = one.id !== "tried-" + select.value; });
  }

  if (!select) { return; }
  select.addEventListener("change", function () { choose(); window.drawFigures(); });
  choose();
})();
