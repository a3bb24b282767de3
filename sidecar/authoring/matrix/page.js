"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const ANY = -1;

const SHADES = {
  allowed: { symbol: "✓", says: "allowed" },
  masked: { symbol: "≈", says: "allowed, masked" },
  lacking: { symbol: "?", says: "denied: consent is missing" },
  denied: { symbol: "✕", says: "denied by policy, whatever consent" },
  mixed: { symbol: "1/2", says: "differs; so many are allowed" },
  none: { symbol: "·", says: "not declared: always denied" },
};
const FLAGS = { explicit: "explicit", by_guardian: "by a guardian", objected: "objected", restricted: "restricted", erased: "erased" };
const USE = { purpose: 0, service: 1, field: 2, action: 3, recipient: 4, channel: 5, classes: 6 };

// --- What is answered ------------------------------------------------------------------------------------------------

const places = new Map(data.dimensions.map((dimension, place) => [dimension.name, place]));
const [CONSENT, EXPLICIT, GUARDIAN, OBJECTED] = ["consent", "explicit", "by_guardian", "objected"].map((name) => places.get(name));
const GIVEN = data.dimensions[CONSENT].values.indexOf("given");
const NOES = ["withdrawn", "refused"].map((value) => data.dimensions[CONSENT].values.indexOf(value));

/** The leaf that the tree `child` has for a situation: a value of each dimension, by place. */
function leaf(child, situation) {
  while (child >= 0) {
    const node = data.nodes[child];
    child = node[1 + situation[node[0]]];
  }
  return ~child;
}

/** The answer to every use of a class, and what determined it. */
function answer(number, situation) {
  const { root, interests, speaking } = data.classes[number];
  const outcome = data.outcomes[leaf(root, situation)];
  const where = (column) => speaking.filter((entry) => leaf(entry[column], situation) === 1).map((entry) => data.policies[entry[0]]);
  const erring = where(2);
  const applying = erring.length ? [] : where(1);
  const forbids = applying.filter((policy) => policy.effect === "forbid");
  return {
    outcome,
    erring,
    determining: forbids.length ? forbids : applying,
    needs: outcome.shade === "lacking" ? leastConsent(root, interests, situation) : null,
  };
}

/** The least consent with which the same question would be allowed; an objection stays one. */
function leastConsent(root, interests, situation) {
  const better = [...situation];
  if (interests && NOES.includes(situation[CONSENT])) better[OBJECTED] = 1;
  better[CONSENT] = GIVEN;
  for (const [explicit, guardian] of [[0, 0], [1, 0], [0, 1], [1, 1]]) {
    better[EXPLICIT] = explicit;
    better[GUARDIAN] = guardian;
    if (data.outcomes[leaf(root, better)].effect !== "deny") return { explicit, guardian };
  }
  return null;
}

// --- What is chosen --------------------------------------------------------------------------------------------------

const started = {
  purpose: data.start, action: ANY, recipient: ANY, channel: ANY, jurisdiction: 0,
  situation: data.dimensions.map((dimension) => dimension.start), services: "", fields: "", cell: "",
};
let chosen = structuredClone(started);

const reachable = (situation) => leaf(data.reachable, situation) === 1;

/** Take back what nobody can be together with what was just chosen: consent that is over was not given so. */
function settle(place) {
  for (const other of [GUARDIAN, EXPLICIT, places.get("erased")]) {
    if (other !== place && !reachable(chosen.situation)) chosen.situation[other] = 0;
  }
}

const classOf = (use) => use[USE.classes][data.purposes[use[USE.purpose]].bases[chosen.jurisdiction]];
const fits = (use, name) => chosen[name] === ANY || use[USE[name]] === chosen[name];
const fitting = () => data.uses.filter((use) => ["purpose", "action", "recipient", "channel"].every((name) => fits(use, name)));

/** What gives the answer to a use in the situation that is chosen; to those of one class once. */
function answering() {
  const known = new Map();
  return (use) => {
    const number = classOf(use);
    if (!known.has(number)) known.set(number, answer(number, chosen.situation));
    return known.get(number);
  };
}

// The choices are in the address: a link to the page keeps them.
function remember() {
  const words = new URLSearchParams();
  for (const name of ["purpose", "action", "recipient", "channel"]) {
    if (chosen[name] !== started[name]) words.set(name, chosen[name] === ANY ? "" : keyOf(name, chosen[name]));
  }
  if (chosen.jurisdiction) words.set("jurisdiction", data.jurisdictions[chosen.jurisdiction]);
  data.dimensions.forEach((dimension, place) => {
    if (chosen.situation[place] !== dimension.start) words.set(dimension.name, dimension.values[chosen.situation[place]]);
  });
  for (const name of ["services", "fields", "cell"]) if (chosen[name]) words.set(name, chosen[name]);
  const hash = String(words);
  history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
}

function recall() {
  const words = new URLSearchParams(location.hash.slice(1));
  chosen = structuredClone(started);
  for (const name of ["purpose", "action", "recipient", "channel"]) {
    if (words.has(name)) chosen[name] = lists[name].findIndex((entry) => entry.key === words.get(name));
  }
  chosen.jurisdiction = Math.max(0, data.jurisdictions.indexOf(words.get("jurisdiction") ?? ""));
  data.dimensions.forEach((dimension, place) => {
    const number = dimension.values.indexOf(words.get(dimension.name) ?? "");
    if (number >= 0) chosen.situation[place] = number;
  });
  settle(CONSENT);
  for (const name of ["services", "fields", "cell"]) chosen[name] = words.get(name) ?? "";
}

const lists = {
  purpose: data.purposes, service: data.services, field: data.fields, recipient: data.recipients,
  action: data.actions.map((key) => ({ key, title: "" })), channel: data.channels.map((key) => ({ key, title: "" })),
};
const keyOf = (name, number) => lists[name][number].key;

// --- Drawing ---------------------------------------------------------------------------------------------------------

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const badge = (shade, text) => make("span", { className: `shade ${shade}` }, text ?? SHADES[shade].symbol);
const code = (text) => make("code", {}, ...broken(text));
/** A key, which may go on in the next line behind a dot or a line below. */
const broken = (text) => text.split(/(?<=[._])/).flatMap((part) => [part, make("wbr")]);
const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What to call an outcome, reason and mask included. */
function said(outcome) {
  if (outcome.shade === "allowed") return "allowed";
  if (outcome.shade === "masked") return `allowed, mask ${outcome.mask}`;
  return `denied, ${outcome.reason}`;
}

function shadeOf(answers) {
  const shades = new Set(answers.map((one) => one.outcome.shade));
  return shades.size === 1 ? [...shades][0] : "mixed";
}

function drawMap(uses, answered) {
  const rows = shownOf("service", uses, chosen.services);
  const columns = shownOf("field", uses, chosen.fields);
  const cells = new Map();
  for (const use of uses) {
    const key = `${use[USE.service]} ${use[USE.field]}`;
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(use);
  }
  const head = make("tr", {}, make("td"), ...columns.map((field) => make("th", { scope: "col", title: data.fields[field].title }, make("span", { className: "key" }, data.fields[field].key))));
  const body = rows.map((service) => make("tr", {},
    make("th", { scope: "row", title: data.services[service].title, className: "key" }, data.services[service].key),
    ...columns.map((field) => cellOf(service, field, cells.get(`${service} ${field}`) ?? [], answered))));
  const table = make("table", { role: "grid", "aria-label": "Services and fields" }, make("thead", {}, head), make("tbody", {}, ...body));
  const some = rows.length && columns.length;
  byId("map").replaceChildren(some ? table : make("p", { className: "quiet" }, "Nothing that is declared fits what is chosen."));
  const first = table.querySelector("td.chosen") ?? table.querySelector("tbody td");
  if (first) first.tabIndex = 0;
}

/** Numbers of the services or fields that *uses* name, as far as they have each word of what is searched for. */
function shownOf(name, uses, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (entry) => [entry.key, entry.title, ...(entry.categories ?? [])].join(" ").toLowerCase();
  return [...new Set(uses.map((use) => use[USE[name]]))].sort((one, other) => one - other)
    .filter((number) => words.every((word) => text(lists[name][number]).includes(word)));
}

function cellOf(service, field, uses, answered) {
  const answers = uses.map(answered);
  const shade = uses.length ? shadeOf(answers) : "none";
  const allowed = answers.filter((one) => one.outcome.effect !== "deny").length;
  const text = shade === "mixed" ? `${allowed}/${uses.length}` : SHADES[shade].symbol;
  const names = `${data.services[service].key}, ${data.fields[field].key}`;
  const key = `${data.services[service].key}/${data.fields[field].key}`;
  const says = shade === "mixed" ? `${allowed} of ${uses.length} uses allowed` : SHADES[shade].says;
  const cell = make("td", { role: "gridcell", className: shade, tabIndex: -1, "aria-label": `${names}: ${says}`, title: `${names}: ${says}` }, text);
  cell.dataset.cell = key;
  if (key === chosen.cell) cell.classList.add("chosen");
  return cell;
}

function drawSummary(answered) {
  const shades = ["allowed", "masked", "lacking", "denied"];
  const counts = data.purposes.map(() => Object.fromEntries(shades.map((shade) => [shade, 0])));
  for (const use of data.uses) {
    if (["action", "recipient", "channel"].every((name) => fits(use, name))) counts[use[USE.purpose]][answered(use).outcome.shade] += 1;
  }
  const rows = data.purposes.map((purpose, number) => {
    const total = shades.reduce((sum, shade) => sum + counts[number][shade], 0);
    const bar = make("div", { className: "bar", "aria-hidden": "true" }, ...shades.filter((shade) => counts[number][shade]).map((shade) => {
      const part = make("span", { className: shade });
      part.style.flexGrow = counts[number][shade];
      return part;
    }));
    const choose = make("button", { type: "button", className: "key" }, ...broken(purpose.key));
    choose.dataset.purpose = number;
    return make("tr", { className: number === chosen.purpose ? "chosen" : "", hidden: total === 0 },
      make("th", { scope: "row" }, choose, make("div", { className: "quiet" }, purpose.title)),
      make("td", {}, basisOf(purpose), bar),
      ...shades.map((shade) => make("td", { className: counts[number][shade] ? "number" : "number zero" }, String(counts[number][shade]))));
  });
  const heads = ["purpose", "basis", ...shades.map((shade) => `${SHADES[shade].symbol} ${shade === "lacking" ? "no consent" : shade}`)];
  byId("summary").replaceChildren(make("table", {},
    make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, ...rows)));
}

const LABELS = { consent: "Consent", age: "Age" };
const basisOf = (purpose) => data.bases[purpose.bases[chosen.jurisdiction]].replaceAll("_", " ");

function drawDetails(uses, answered) {
  const [service, field] = chosen.cell.split("/");
  const number = data.services.findIndex((entry) => entry.key === service);
  const other = data.fields.findIndex((entry) => entry.key === field);
  if (number < 0 || other < 0) {
    byId("details").replaceChildren(make("p", { className: "quiet" }, "Choose a cell to see why: which policies decide, and what consent would change."));
    return;
  }
  const entry = data.fields[other];
  const here = uses.filter((use) => use[USE.service] === number && use[USE.field] === other);
  byId("details").replaceChildren(
    make("h2", {}, code(service), " · ", code(field)),
    make("p", {}, data.services[number].title, ": ", entry.title),
    make("p", { className: "quiet" }, "in ", entry.categories.join(", ")),
    ...alike(here).map((several) => articleOf(several, answered(several[0]))),
    ...(here.length ? [] : [make("article", {}, make("p", {}, "Not declared. The answer is ", code("NOT_DECLARED"), ", whatever anybody consents to, until the catalog file of the service lists it."))]));
}

/** *uses* of a cell put together where purpose and answer are the same, whoever is asked about. */
function alike(uses) {
  const found = new Map();
  for (const use of uses) {
    const key = `${use[USE.purpose]} ${use[USE.recipient]} ${classOf(use)}`;
    found.set(key, [...(found.get(key) ?? []), use]);
  }
  return [...found.values()];
}

function articleOf(uses, given) {
  const use = uses[0];
  const purpose = data.purposes[use[USE.purpose]];
  const { outcome, determining, erring, needs } = given;
  const each = (list, place) => [...new Set(uses.map((one) => list[one[place]]))].join(" or ");
  const how = [each(data.actions, USE.action)];
  if (data.recipients[use[USE.recipient]].key !== "first_party") how.push(`with ${data.recipients[use[USE.recipient]].key}`);
  if (data.channels[use[USE.channel]] !== "none") how.push(`by ${each(data.channels, USE.channel)}`);
  const article = make("article", {},
    make("h3", {}, `${how.join(" ")} for `, code(purpose.key)),
    make("p", { className: "quiet" }, `${purpose.title} (${basisOf(purpose)})`),
    make("p", { className: "answer" }, badge(outcome.shade), make("strong", {}, said(outcome))));
  if (needs) {
    const words = ["given", needs.explicit ? "explicit" : "", needs.guardian ? "by a guardian" : ""].filter(Boolean);
    article.append(make("p", {}, "Would be allowed with consent ", make("strong", {}, words.join(", ")), "."));
  }
  const policies = erring.length ? erring : determining;
  const told = erring.length ? "Policies that err:" : policies.length ? "Decided by:" : "No policy permits it.";
  article.append(make("p", {}, told));
  if (policies.length) {
    article.append(make("ul", {}, ...policies.map((policy) => make("li", {}, code(policy.id), ` (${policy.effect}) ${policy.title}`))));
  }
  const cases = data.cases[data.classes[classOf(use)].cases].map(([outcomes, when]) => {
    const first = data.outcomes[outcomes[0]];
    const what = outcomes.length > 1 ? "denied, CONSENT_… by its state" : said(first);
    return make("tr", {}, make("td", {}, badge(first.shade)), make("td", {}, what), make("td", {}, ...when.flatMap((text, place) => (place ? [make("br"), "or "] : []).concat(text))));
  });
  article.append(make("details", {}, make("summary", {}, "Every case"), make("table", { className: "cases" }, ...cases)));
  return article;
}

/** In one line what is shown: on paper there are no controls. */
function drawState() {
  const parts = data.dimensions.map((dimension, place) => {
    const value = dimension.values[chosen.situation[place]];
    if (dimension.name === "consent") return `consent ${value}`;
    if (dimension.name === "age") return `age ${value}`;
    if (dimension.name in FLAGS) return chosen.situation[place] ? FLAGS[dimension.name] : "";
    return dimension.condition ? `${chosen.situation[place] ? "" : "not "}${dimension.label}` : value;
  });
  const purpose = chosen.purpose === ANY ? "any purpose" : data.purposes[chosen.purpose].key;
  const where = chosen.jurisdiction ? `, law of ${data.jurisdictions[chosen.jurisdiction]}` : "";
  byId("state").textContent = `Shown: ${purpose}; ${parts.filter(Boolean).join(", ")}${where}`;
  const about = byId("purpose-about");
  about.textContent = chosen.purpose === ANY ? "" : `${data.purposes[chosen.purpose].title} (${basisOf(data.purposes[chosen.purpose])})`;
}

function draw() {
  drawState();
  const uses = fitting();
  const answered = answering();
  drawMap(uses, answered);
  drawSummary(answered);
  drawDetails(uses, answered);
  setControls();
  remember();
}

// --- Controls --------------------------------------------------------------------------------------------------------

function select(element, entries, any) {
  element.replaceChildren(...(any ? [make("option", { value: String(ANY) }, any)] : []), ...entries.map(([text, value]) => make("option", { value: String(value) }, text)));
}

/** Offer what is declared for the purpose that is chosen, and show what is chosen. */
function setControls() {
  byId("purpose").value = String(chosen.purpose);
  const uses = data.uses.filter((use) => fits(use, "purpose"));
  for (const name of ["action", "recipient", "channel"]) {
    const numbers = [...new Set(uses.map((use) => use[USE[name]]))].sort((one, other) => one - other);
    if (chosen[name] !== ANY && !numbers.includes(chosen[name])) numbers.push(chosen[name]);
    select(byId(name), numbers.map((number) => [keyOf(name, number), number]), "any");
    byId(name).value = String(chosen[name]);
  }
  document.querySelectorAll("[data-place]").forEach((control) => {
    const place = Number(control.dataset.place);
    if (control.type !== "checkbox") {
      control.value = String(chosen.situation[place]);
      return;
    }
    control.checked = chosen.situation[place] === 1;
    const other = [...chosen.situation];
    other[place] = 1 - other[place];
    control.disabled = !reachable(other);
  });
  if (byId("jurisdiction")) byId("jurisdiction").value = String(chosen.jurisdiction);
  for (const name of ["services", "fields"]) if (byId(name).value !== chosen[name]) byId(name).value = chosen[name];
}

function addDimension(dimension, place) {
  const own = dimension.name in FLAGS || ["consent", "age"].includes(dimension.name);
  const box = byId(own ? "person" : "sent");
  box.hidden = false;
  if (dimension.name in FLAGS || dimension.condition) {
    const control = make("input", { type: "checkbox" });
    control.dataset.place = place;
    const label = dimension.condition ? code(dimension.label) : FLAGS[dimension.name];
    box.append(make("label", { className: "flag" }, control, label));
    return;
  }
  const control = make("select");
  control.dataset.place = place;
  select(control, dimension.values.map((text, number) => [text, number]));
  box.append(make("label", {}, LABELS[dimension.name] ?? dimension.label, control));
}

function choosePurpose(number) {
  chosen.purpose = number;
  for (const name of ["action", "recipient", "channel"]) {
    if (!data.uses.some((use) => fits(use, "purpose") && fits(use, name))) chosen[name] = ANY;
  }
}

function changed(control) {
  if (control.dataset.place) {
    const place = Number(control.dataset.place);
    chosen.situation[place] = control.type === "checkbox" ? Number(control.checked) : Number(control.value);
    settle(place);
  } else if (control.id === "purpose") {
    choosePurpose(Number(control.value));
  } else if (["services", "fields"].includes(control.id)) {
    chosen[control.id] = control.value;
  } else {
    chosen[control.id] = Number(control.value);
  }
  draw();
}

/** Arrow keys go from cell to cell. */
function move(event) {
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const cell = event.target.closest("#map td[data-cell]");
  if (!cell) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    show(cell);
    return;
  }
  if (!(event.key in steps)) return;
  event.preventDefault();
  const [down, right] = steps[event.key];
  const rows = [...cell.closest("tbody").rows];
  const next = rows[cell.parentElement.rowIndex - 1 + down]?.cells[cell.cellIndex + right];
  if (!next?.dataset.cell) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  show(next);
}

function show(cell) {
  byId("map").querySelector("td.chosen")?.classList.remove("chosen");
  cell.classList.add("chosen");
  chosen.cell = cell.dataset.cell;
  drawDetails(fitting(), answering());
  remember();
}

function begin() {
  byId("about").textContent = `${plural(data.policies.length, "policy").replace(/ys$/, "ies")}, ${plural(data.services.length, "service")}, ${plural(data.fields.length, "field")}, ${plural(data.uses.length, "declared use")}. Revision ${data.revision.slice(0, 19)}…. Every answer here is exact${data.inexact.length ? ", but for the conditions below" : ""}.`;
  if (data.inexact.length) {
    const items = data.inexact.map((one) => make("li", {}, code(one.text), ` in ${one.policies.join(", ")}`));
    byId("inexact").hidden = false;
    byId("inexact").append("These conditions depend on values that cannot be listed; say below whether they hold. Some combinations may be impossible.", make("ul", {}, ...items));
  }
  byId("legend").append(...Object.entries(SHADES).map(([shade, { says }]) => make("li", {}, badge(shade), says)));
  select(byId("purpose"), data.purposes.map((purpose, number) => [purpose.key, number]), "any");
  if (data.jurisdictions.length > 1) {
    const control = make("select", { id: "jurisdiction" });
    select(control, data.jurisdictions.map((text, number) => [text || "any other", number]));
    byId("person").append(make("label", {}, "Law of", control));
  }
  data.dimensions.forEach(addDimension);
  recall();
  draw();
  const form = byId("controls");
  form.addEventListener("input", (event) => changed(event.target));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    chosen = structuredClone(started);
    draw();
  });
  byId("map").addEventListener("click", (event) => {
    const cell = event.target.closest("td[data-cell]");
    if (cell) show(cell);
  });
  byId("map").addEventListener("keydown", move);
  byId("summary").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    choosePurpose(Number(button.dataset.purpose));
    draw();
    byId("map").scrollIntoView({ block: "nearest" });
  });
  window.addEventListener("hashchange", () => { recall(); draw(); });
}

begin();
