(() => {
  const box = document.getElementById("search"), verdict = document.getElementById("verdict"), all = document.getElementById("all");
  const status = document.getElementById("found"), tools = document.getElementById("tools");
  if (box) {
    const rows = [...document.querySelectorAll("#tests tr[data-v]")];
    const texts = rows.map(row => (row.textContent + " " + row.parentNode.rows[0].textContent).toLowerCase());
    const bodies = [...document.querySelectorAll("#tests tbody")];
    let only = null, label = "";
    const filter = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let number = 0;
      rows.forEach((row, index) => {
        const fits = (!verdict.value || row.dataset.v === verdict.value) && (!only || only.has(index))
          && words.every(word => texts[index].includes(word));
        row.hidden = !fits;
        number += fits;
      });
      bodies.forEach(body => { body.hidden = ![...body.rows].some(row => row.dataset.v && !row.hidden); });
      status.textContent = number + " of " + rows.length + " tests" + (only ? " behind " + label : "");
      all.hidden = !only;
    };
    const show = link => {
      only = new Set();
      link.dataset.show.split(",").filter(Boolean).forEach(range => {
        const [first, last] = range.split("-").map(Number);
        for (let number = first; number <= (last ?? first); number++) only.add(number);
      });
      label = link.dataset.label;
      box.value = verdict.value = "";
      filter();
    };
    box.addEventListener("input", filter);
    verdict.addEventListener("change", filter);
    all.addEventListener("click", () => { only = null; filter(); box.focus(); });
    document.addEventListener("click", event => {
      const link = event.target.closest("a[data-show]");
      if (link) show(link);
    });
    tools.hidden = false;
    filter();
  }
  const closed = [];
  addEventListener("beforeprint", () => document.querySelectorAll("details:not([open])").forEach(part => {
    part.open = true; closed.push(part);
  }));
  addEventListener("afterprint", () => closed.splice(0).forEach(part => { part.open = false; }));
})();
