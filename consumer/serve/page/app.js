// The page: asks, shows, and keeps what is looked at in the address, so that it can be shared and gone back to.

import * as api from "./api.js";
import { byId, calm, h } from "./dom.js";
import { EntityPanel, motion } from "./entity.js";
import { chips, factItem, skeleton, trouble } from "./facts.js";
import { Live } from "./live.js";
import { dayOf, dayText, millisOf, ticks, today } from "./time.js";

const LIMIT = 20;
const state = { group: "", query: "", day: null, history: false, range: { from: 0, to: Date.now() }, hits: [], asked: 0 };
const results = byId("results");
const slider = byId("when");

const at = () => (state.day === null ? Date.now() : millisOf(state.day));
const asOf = () => (state.day === null ? null : new Date(at()).toISOString().replace(".000", ""));
const view = () => ({ group: state.group, range: state.range, at: at(), asOf: asOf() });

const panel = new EntityPanel(byId("entity"), view, openEntity, closeEntity);
const live = new Live();

// --- the address ---------------------------------------------------------------------------------------------------

function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  state.query = given.get("q") ?? "";
  state.group = given.get("group") ?? state.group;
  const day = given.get("as-of");
  state.day = day && !Number.isNaN(Date.parse(day)) ? dayOf(Date.parse(day)) : null;
  state.history = given.get("history") === "1";
  byId("query").value = state.query;
  byId("history").checked = state.history;
  return given.get("entity");
}

function toAddress(add) {
  const given = new URLSearchParams();
  if (state.group) given.set("group", state.group);
  if (state.query) given.set("q", state.query);
  if (state.day !== null) given.set("as-of", asOf().slice(0, 10));
  if (state.history) given.set("history", "1");
  if (panel.uuid) given.set("entity", panel.uuid);
  const address = `#${given}`;
  if (address === location.hash) return;
  if (add) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

// --- time ----------------------------------------------------------------------------------------------------------

function setRange(first) {
  const now = Date.now();
  const from = first ? Math.min(Date.parse(first), now - 30 * 86_400_000) : now - 365 * 86_400_000;
  state.range = { from: from - (now - from) * 0.02, to: now };
  slider.min = String(dayOf(state.range.from));
  slider.max = String(today());
  if (state.day !== null) state.day = Math.min(Math.max(state.day, Number(slider.min)), Number(slider.max));
  const share = (instant) => ((instant - state.range.from) / (state.range.to - state.range.from)) * 100;
  const most = Math.max(2, Math.floor(byId("years").clientWidth / 56));
  byId("years").replaceChildren(
    ...ticks(state.range.from, state.range.to, most)
      .filter((tick) => share(tick.at) > 2 && share(tick.at) < 97)
      .map((tick) => h("span", { place: { left: `${share(tick.at)}%` } }, tick.text)),
  );
  tellDay();
}

function tellDay() {
  slider.value = String(state.day ?? Number(slider.max));
  const text = state.day === null ? "now" : dayText(at());
  byId("when-text").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  byId("to-now").disabled = state.day === null;
  const span = Number(slider.max) - Number(slider.min) || 1;
  slider.style.setProperty("--at", `${((Number(slider.value) - Number(slider.min)) / span) * 100}%`);
  document.body.classList.toggle("then", state.day !== null);
}

function drawMarks(hits) {
  const wide = state.range.to - state.range.from;
  const found = new Set();
  for (const hit of hits) {
    for (const instant of [hit.valid_at, hit.invalid_at]) {
      const share = instant ? (Date.parse(instant) - state.range.from) / wide : -1;
      if (share >= 0 && share <= 1) found.add(Math.round(share * 400) / 4);
    }
  }
  byId("marks").replaceChildren(...[...found].map((share) => h("i", { place: { left: `${share}%` } })));
}

const settled = calm(() => {
  toAddress(false);
  if (state.query) ask({ quietly: true });
  panel.around();
}, 220);

function moveTo(day) {
  state.day = day === null || day >= Number(slider.max) ? null : day;
  tellDay();
  panel.look(at());
  settled();
}

// --- asking --------------------------------------------------------------------------------------------------------

let asking = null;

async function ask({ quietly = false } = {}) {
  if (!state.group) return;
  if (!state.query) {
    await overview();
    return;
  }
  asking?.abort();
  asking = new AbortController();
  const mine = ++state.asked;
  results.setAttribute("aria-busy", "true");
  if (!quietly) results.replaceChildren(skeleton(4));
  const body = {
    query: state.query,
    group_ids: [state.group],
    limit: LIMIT,
    kinds: ["fact", "entity"],
    include_invalid: state.history,
  };
  if (asOf()) body.as_of = asOf();
  try {
    const found = await api.search(body, asking.signal);
    if (mine !== state.asked) return;
    state.hits = found.hits;
    drawFound(found);
  } catch (problem) {
    if (problem.name === "AbortError" || mine !== state.asked) return;
    if (problem.status === 401) askForToken();
    results.replaceChildren(trouble(problem, () => ask()));
  } finally {
    if (mine === state.asked) results.setAttribute("aria-busy", "false");
  }
}

function drawFound(found) {
  drawMarks(found.hits);
  document.title = `${state.query} · episodes`;
  const when = state.day === null ? "true now" : `true on ${dayText(at())}`;
  const scope = state.history ? `${when}, and what is over` : when;
  if (!found.hits.length && !found.entities.length) {
    results.replaceChildren(
      h(
        "div",
        { class: "card empty" },
        h("h2", {}, "Nothing was found"),
        h("p", {}, `No fact of ${state.group} that is ${when} answers “${state.query}”.`),
        h(
          "p",
          { class: "row" },
          state.day !== null ? h("button", { class: "quiet", type: "button", onclick: () => moveTo(null) }, "Look at now") : null,
          state.history ? null : h("button", { class: "quiet", type: "button", onclick: () => byId("history").click() }, "Look at what is over, too"),
        ),
      ),
    );
    return;
  }
  const count = `${found.hits.length} ${found.hits.length === 1 ? "fact" : "facts"}`;
  results.replaceChildren(
    h("h2", { class: "count" }, count, h("span", { class: "dim" }, ` ${scope}`)),
    chips(found.entities.slice(0, 8), openEntity, "Entities that were found") ?? "",
    h("ol", { class: "facts" }, found.hits.map((hit) => factItem(hit, { range: state.range, at: at(), open: openEnd }))),
  );
}

/** What there is when nothing was asked: how much, who, and what was said last. */
async function overview() {
  const mine = ++state.asked;
  drawMarks([]);
  document.title = "episodes: ask the memory";
  results.replaceChildren(skeleton(3));
  try {
    const [size, named, said] = await Promise.all([
      api.group(state.group),
      api.entities(state.group, 200),
      api.episodes(state.group, 5),
    ]);
    if (mine !== state.asked) return;
    const known = [...named.items].sort((one, other) => other.facts - one.facts || one.name.localeCompare(other.name));
    const figure = (number, what) => h("div", {}, h("dt", {}, what), h("dd", {}, number.toLocaleString("en")));
    results.replaceChildren(
      h("dl", { class: "figures" }, figure(size.episodes, "episodes"), figure(size.entities, "entities"), figure(size.facts, "facts")),
      known.length ? h("h2", { class: "over-list" }, "Known best") : "",
      chips(known.slice(0, 12), openEntity, "Entities with most facts") ?? "",
      said.items.length ? h("h2", { class: "over-list" }, "Said last") : "",
      h(
        "ul",
        { class: "said" },
        said.items.map((each) =>
          h(
            "li",
            {},
            h("figure", { class: "source" }, h("blockquote", {}, each.excerpt), h("figcaption", {}, h("span", {}, each.name), h("time", { datetime: each.reference_time }, dayText(each.reference_time)))),
          ),
        ),
      ),
    );
  } catch (problem) {
    if (mine !== state.asked) return;
    if (problem.status === 401) askForToken();
    results.replaceChildren(problem.status === 404 ? nothingYet() : trouble(problem, () => overview()));
  }
}

function nothingYet() {
  return h(
    "div",
    { class: "card empty" },
    h("h2", {}, "Nothing is remembered yet"),
    h("p", {}, "Publish an episode, and let a consumer write it:"),
    h("pre", {}, "episodes publish notes/ --group alice --time-from mtime\nepisodes run"),
    h("button", { class: "quiet", type: "button", onclick: () => start() }, "Look again"),
  );
}

// --- entities ------------------------------------------------------------------------------------------------------

let opener = null;

function openEntity(uuid) {
  if (!byId("entity").contains(document.activeElement)) opener = document.activeElement;
  byId("layout").classList.add("with-entity");
  panel.show(uuid);
  toAddress(true);
}

function closeEntity() {
  panel.hide();
  byId("layout").classList.remove("with-entity");
  toAddress(true);
  if (opener?.isConnected) opener.focus();
}

/** Open one end of a fact; older answers tell no ids of the ends, then the fact itself is asked. */
async function openEnd(fact, side) {
  const known = fact[`${side}_uuid`];
  if (known) return openEntity(known);
  const whole = await api.fact(state.group, fact.uuid);
  return openEntity(whole[`${side}_uuid`]);
}

// --- token, groups, theme, keys ------------------------------------------------------------------------------------

function askForToken() {
  byId("lock").hidden = false;
  const dialog = byId("token-dialog");
  if (dialog.open) return;
  byId("token-error").hidden = !api.hasToken();
  byId("token-error").textContent = "That token is not the right one.";
  dialog.showModal();
  byId("token").focus();
}

async function start() {
  const entity = fromAddress();
  results.replaceChildren(skeleton(3));
  let groups;
  try {
    groups = await api.groups();
  } catch (problem) {
    if (problem.status === 401) askForToken();
    results.replaceChildren(problem.status === 401 ? lockedCard() : trouble(problem, start));
    return;
  }
  byId("lock").hidden = !api.hasToken();
  if (!groups.some((group) => group.group_id === state.group)) state.group = groups[0]?.group_id ?? "";
  byId("group").replaceChildren(
    ...groups.map((group) => h("option", { value: group.group_id, selected: group.group_id === state.group }, group.group_id)),
  );
  byId("group").disabled = groups.length === 0;
  if (!groups.length) {
    results.replaceChildren(nothingYet());
    return;
  }
  await enterGroup();
  if (entity) {
    byId("layout").classList.add("with-entity");
    panel.show(entity, { focus: false });
  }
}

async function enterGroup() {
  const size = await api.group(state.group).catch(() => null);
  setRange(size?.first_at ?? null);
  await ask();
}

function lockedCard() {
  return h(
    "div",
    { class: "card empty" },
    h("h2", {}, "Locked"),
    h("p", {}, "This memory is shown to those who have its token."),
    h("button", { class: "go", type: "button", onclick: askForToken }, "Enter the token"),
  );
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  state.query = byId("query").value.trim();
  toAddress(true);
  ask();
});
byId("query").addEventListener("search", () => {
  if (byId("query").value === "" && state.query) {
    state.query = "";
    toAddress(true);
    ask();
  }
});
byId("group").addEventListener("change", (event) => {
  state.group = event.target.value;
  state.day = null;
  panel.hide();
  byId("layout").classList.remove("with-entity");
  toAddress(true);
  enterGroup();
});
slider.addEventListener("input", () => moveTo(Number(slider.value)));
byId("to-now").addEventListener("click", () => moveTo(null));
byId("history").addEventListener("change", (event) => {
  state.history = event.target.checked;
  toAddress(true);
  if (state.query) ask({ quietly: true });
});
byId("lock").addEventListener("click", askForToken);
byId("token-cancel").addEventListener("click", () => byId("token-dialog").close());
byId("token-form").addEventListener("submit", () => {
  api.setToken(byId("token").value.trim());
  byId("token").value = "";
  start();
  live.look();
});
byId("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("episodes.theme", next);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input[type=search], input[type=password], textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    byId("query").focus();
    byId("query").select();
    scrollTo({ top: 0, behavior: motion() });
  } else if (event.key === "Escape" && !byId("token-dialog").open) {
    if (live.isOpen) live.toggle(false);
    else if (panel.uuid) closeEntity();
    else if (typing) event.target.blur();
  }
});
addEventListener("popstate", () => {
  const entity = fromAddress();
  tellDay();
  ask();
  if (entity) openAgain(entity);
  else {
    panel.hide();
    byId("layout").classList.remove("with-entity");
  }
});
addEventListener(
  "resize",
  calm(() => {
    setRange(state.range.from ? new Date(state.range.from + (state.range.to - state.range.from) * (0.02 / 1.02)).toISOString() : null);
    if (panel.uuid && panel.entity) {
      panel.draw();
      panel.around();
    }
  }, 200),
);

function openAgain(entity) {
  byId("layout").classList.add("with-entity");
  panel.show(entity, { focus: false });
}

const theme = localStorage.getItem("episodes.theme");
if (theme) document.documentElement.dataset.theme = theme;
live.start();
start();
