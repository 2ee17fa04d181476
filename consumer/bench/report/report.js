// What a page of a report does beyond being read: day and night by a button, and values under the pointer.
(() => {
  const root = document.documentElement, button = document.querySelector(".theme");
  const night = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : night.matches);
  const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.onclick = () => { root.dataset.theme = isDark() ? "light" : "dark"; label(); };
  night.onchange = label;
  label();

  for (const figure of document.querySelectorAll("figure.plot")) {
    const told = figure.querySelector(":scope > script");
    if (!told) continue;
    const { plot: [left, right, begin, until], series } = JSON.parse(told.textContent);
    const drawing = figure.querySelector(".drawing"), svg = drawing.querySelector("svg");
    const box = svg.viewBox.baseVal, cursor = document.createElementNS(svg.namespaceURI, "path");
    const reading = document.createElement("div");
    cursor.setAttribute("class", "cursor");
    reading.className = "reading";
    reading.hidden = true;
    svg.append(cursor);
    drawing.append(reading);
    drawing.onpointermove = (event) => {
      const size = svg.getBoundingClientRect();
      const x = (event.clientX - size.left) * box.width / size.width;
      if (x < left - 4 || x > right + 4) return drawing.onpointerleave();
      const at = begin + (until - begin) * (x - left) / (right - left);
      const lines = series.filter(([, moments]) => moments.length).map(([name, moments, values]) => {
        let nearest = 0;
        moments.forEach((moment, place) => { if (Math.abs(moment - at) < Math.abs(moments[nearest] - at)) nearest = place; });
        return [name, moments[nearest], values[nearest]];
      });
      const place = left + (right - left) * (lines[0][1] - begin) / (until - begin);
      cursor.setAttribute("d", `M${place} 12V${box.height - 40}`);
      reading.replaceChildren(...[`${lines[0][1].toFixed(1)} s`, ...lines.map(([name, , value]) => `${name}: ${value}`)].map((line) => {
        const row = document.createElement("div");
        row.textContent = line;
        return row;
      }));
      reading.hidden = false;
      const share = place / box.width;
      reading.style.left = share < 0.55 ? `calc(${100 * share}% + 10px)` : "auto";
      reading.style.right = share < 0.55 ? "auto" : `calc(${100 - 100 * share}% + 10px)`;
    };
    drawing.onpointerleave = () => { reading.hidden = true; cursor.removeAttribute("d"); };
  }
})();
