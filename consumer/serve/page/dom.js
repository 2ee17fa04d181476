// Small ways to make elements. Text is always set as text: nothing from the memory is ever parsed as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "place") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element: h("p", {class: "x", onclick: f}, "text", child). */
export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);

/** An SVG element, likewise. */
export const s = (tag, properties, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

export const byId = (id) => document.getElementById(id);

/** Wait until calls have ceased for so long, then do it once. */
export function calm(work, milliseconds) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), milliseconds);
  };
}

/** One of eight colours for a type, always the same one. */
export function colourOf(types) {
  const name = types?.[0] ?? "";
  if (!name) return "c0";
  const known = { Person: 1, Organization: 2, Location: 3, Product: 4, Office: 5, Event: 6 };
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return `c${known[name] ?? (sum % 7) + 1}`;
}

export const words = (relation) => relation.replaceAll("_", " ").toLowerCase();
