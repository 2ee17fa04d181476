// Draws flame graphs from the data beside them: click or Enter zooms, Escape shows all, arrows move, typing finds.
(() => {
  const ROW = 21, LEAST = 0.0008, THIN = 0.012;
  const CLIENTS = /^(aiokafka|neo4j|openai|aiohttp|httpx?|httpcore|opentelemetry|pydantic\w*|numpy|redis|spacy|urllib3|yarl|multidict)[.:]/;

  const share = (part, whole) => `${(100 * part / whole).toFixed(part / whole < 0.1 ? 2 : 1)} %`;
  const kind = (name) => (name.startsWith("consumer.") ? "own" : CLIENTS.test(name) ? "client" : "");

  function grown([name, looks, children], parent, depth) {
    const node = { name, looks, parent, depth, children: [] };
    node.children = children.map((child) => grown(child, node, depth + 1));
    return node;
  }

  function draw(section) {
    const root = grown(JSON.parse(section.querySelector("script").textContent), null, 0);
    const boxes = section.querySelector(".flame-boxes"), said = section.querySelector(".flame-said");
    const field = section.querySelector("input"), reset = section.querySelector(".flame-reset");
    let top = root, at = null, sought = "", elements = new Map();

    function tell(node) {
      said.textContent = node ? `${node.name} – ${node.looks} looks, ${share(node.looks, root.looks)}` : found();
    }
    function found() {
      if (!sought) return "";
      let looks = 0;
      (function count(node) {
        if (matches(node)) looks += node.looks; else node.children.forEach(count);
      })(root);
      return looks ? `${share(looks, root.looks)} of all looks are in what was found` : "nothing has this in its name";
    }
    const matches = (node) => sought && node.name.toLowerCase().includes(sought);

    function box(node, left, width, isOver) {
      const element = document.createElement("b");
      const thin = width < THIN;
      element.className = [kind(node.name), isOver && "over", thin && "thin", matches(node) && "found", node === at && "at"].filter(Boolean).join(" ");
      element.style.cssText = `left:${100 * left}%;width:${100 * width}%;top:${node.depth * ROW}px`;
      if (!thin) element.textContent = node.name.replace(/^.*:/, "");
      element.title = `${node.name}\n${node.looks} looks, ${share(node.looks, root.looks)}`;
      element.onclick = () => zoom(node);
      element.onmouseenter = () => tell(node);
      elements.set(node, element);
      boxes.append(element);
    }
    function below(node, left, width) {
      box(node, left, width, false);
      let from = left;
      for (const child of node.children) {
        const wide = width * child.looks / node.looks;
        if (wide >= LEAST) below(child, from, wide);
        from += wide;
      }
    }
    function show() {
      boxes.replaceChildren();
      elements = new Map();
      for (let over = top.parent; over; over = over.parent) box(over, 0, 1, true);
      below(top, 0, 1);
      const deepest = Math.max(...[...elements.keys()].map((node) => node.depth));
      boxes.style.height = `${(deepest + 1) * ROW}px`;
      reset.hidden = top === root;
      tell(at);
    }
    function zoom(node) { top = node; at = node === root ? null : node; show(); }
    function move(to) {
      if (!to || !elements.has(to)) return;
      elements.get(at)?.classList.remove("at");
      at = to;
      elements.get(at).classList.add("at");
      tell(at);
    }

    boxes.onkeydown = (event) => {
      const siblings = at?.parent?.children ?? [], place = siblings.indexOf(at);
      const act = {
        ArrowDown: () => move(at ? at.children[0] : top),
        ArrowUp: () => move(at?.parent),
        ArrowRight: () => move(siblings[place + 1]),
        ArrowLeft: () => move(siblings[place - 1]),
        Enter: () => at && zoom(at),
        Escape: () => zoom(root),
      }[event.key];
      if (act) { event.preventDefault(); act(); }
    };
    boxes.onmouseleave = () => tell(at);
    reset.onclick = () => { zoom(root); boxes.focus(); };
    field.oninput = () => { sought = field.value.trim().toLowerCase(); show(); said.textContent = found(); };
    show();
  }

  document.querySelectorAll(".flame").forEach(draw);
})();
