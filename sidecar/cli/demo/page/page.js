"use strict";

const WORDS = {
  en: {
    title: "Your data, your choices",
    invented: "This page is about ten thousand invented people, and nobody else.",
    person: "Person", show: "Show", language: "Language",
    choices: "Your choices",
    eraseTitle: "Be forgotten",
    eraseAbout: "Everything that was recorded about you goes; only objections stay, so that they go on being kept.",
    erase: "Erase everything about me …",
    confirmTitle: "Erase everything about this person?", confirmAbout: "This cannot be undone.",
    confirmNo: "Keep it", confirmYes: "Erase",
    checksTitle: "What services are told right now",
    checksAbout: "Asked again after everything you change.",
    recordTitle: "What is recorded about you", historyTitle: "What happened, the latest first",
    nothing: "Nothing.", saved: "Saved.", erased: "Erased.", loading: "…",
    notTaken: "Not taken: ", failed: "That failed: ",
    yes: "allowed", no: "denied",
    uses: "Used by", nobody: "Used by nobody now", locked: "This needs no choice of yours.", partly: "In part.",
    since: "since", until: "until", by: "as explained in", version: "version",
    to: "to", guardian: "by a guardian",
    actions: { collect: "collects", use: "uses", share: "passes on", retain: "keeps" },
    states: {
      given: "You agreed", refused: "You said no", withdrawn: "You took your consent back",
      superseded: "You agreed to an older text", expired: "What you agreed to is over", unknown: "You never decided",
      not_objected: "On until you object", always: "Always on", objected: "You objected",
      erased: "You were erased: nothing is done", restricted: "Restricted: nothing is done for now",
    },
    checks: {
      newsletter: "Newsletter: your email address, to write to you",
      "text-message": "Newsletter: your phone number, to text you",
      films: "Recommendations: what you watched, to suggest things",
      microphone: "Voice assistant: your voice, to teach the assistant",
      "shopping-list": "Fridge: your shopping list, to the grocer",
      "partner-offers": "Offers: the pages you looked at, to an advertiser",
      improvement: "Analytics: the pages you looked at, to do better",
      support: "Customer support: your email address, to do what you ordered",
    },
  },
  de: {
    title: "Ihre Daten, Ihre Entscheidungen",
    invented: "Diese Seite handelt von zehntausend erfundenen Menschen und von niemandem sonst.",
    person: "Person", show: "Zeigen", language: "Sprache",
    choices: "Ihre Entscheidungen",
    eraseTitle: "Vergessen werden",
    eraseAbout: "Alles, was über Sie aufgezeichnet ist, verschwindet; nur Widersprüche bleiben, damit sie weiter gelten.",
    erase: "Alles über mich löschen …",
    confirmTitle: "Alles über diese Person löschen?", confirmAbout: "Das lässt sich nicht rückgängig machen.",
    confirmNo: "Behalten", confirmYes: "Löschen",
    checksTitle: "Was Dienste gerade zur Antwort bekommen",
    checksAbout: "Nach jeder Änderung neu gefragt.",
    recordTitle: "Was über Sie aufgezeichnet ist", historyTitle: "Was geschah, das Neueste zuerst",
    nothing: "Nichts.", saved: "Gespeichert.", erased: "Gelöscht.", loading: "…",
    notTaken: "Nicht übernommen: ", failed: "Das schlug fehl: ",
    yes: "erlaubt", no: "verweigert",
    uses: "Genutzt von", nobody: "Derzeit von niemandem genutzt", locked: "Hier gibt es nichts zu entscheiden.",
    partly: "Zum Teil.",
    since: "seit", until: "bis", by: "wie erklärt in", version: "Version",
    to: "an", guardian: "durch Sorgeberechtigte",
    actions: { collect: "erhebt", use: "nutzt", share: "gibt weiter", retain: "behält" },
    states: {
      given: "Sie haben zugestimmt", refused: "Sie haben abgelehnt", withdrawn: "Sie haben widerrufen",
      superseded: "Sie haben einem älteren Text zugestimmt", expired: "Ihre Zustimmung ist abgelaufen",
      unknown: "Sie haben nie entschieden", not_objected: "Bis Sie widersprechen", always: "Immer",
      objected: "Sie haben widersprochen", erased: "Sie wurden gelöscht: nichts geschieht",
      restricted: "Eingeschränkt: vorerst geschieht nichts",
    },
    checks: {
      newsletter: "Rundbrief: Ihre E-Mail-Adresse, um Ihnen zu schreiben",
      "text-message": "Rundbrief: Ihre Telefonnummer, um Ihnen SMS zu schicken",
      films: "Empfehlungen: was Sie angesehen haben, um etwas vorzuschlagen",
      microphone: "Sprachassistent: Ihre Stimme, damit der Assistent lernt",
      "shopping-list": "Kühlschrank: Ihre Einkaufsliste, an den Lebensmittelhändler",
      "partner-offers": "Angebote: angesehene Seiten, an einen Werbenden",
      improvement: "Auswertung: angesehene Seiten, um besser zu werden",
      support: "Kundendienst: Ihre E-Mail-Adresse, um zu tun, was Sie bestellt haben",
    },
  },
};

const token = document.querySelector('meta[name="page-token"]').content;
const at = (id) => document.getElementById(id);
const language = () => at("language").value;
const words = () => WORDS[language()];
let person = null;

function make(tag, properties = {}, ...children) {
  const { dataset, ...others } = properties;
  const element = Object.assign(document.createElement(tag), others);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

async function call(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Page-Token": token },
    body: JSON.stringify({ subject: person, language: language(), ...body }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function day(instant) {
  return new Date(instant).toLocaleDateString(language(), { dateStyle: "long", timeZone: "UTC" });
}

function moment(instant) {
  return new Date(instant).toLocaleString(language(), { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
}

function say() {
  document.documentElement.lang = language();
  document.title = words().title;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = words()[element.dataset.say];
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = words()[element.dataset.label];
}

function list(id, items) {
  at(id).replaceChildren(...(items.length ? items : [make("li", { textContent: words().nothing })]));
}

function standing(box, notices) {
  const { states, since, until, by, version, guardian, locked, partly } = words();
  const parts = [states[box.state]];
  const decision = box.decision;
  if (decision) {
    parts[0] += ` ${since} ${day(decision.effective_at)}`;
    if (decision.actor === "guardian") parts[0] += ` ${guardian}`;
    if (decision.expires_at) parts[0] += `, ${until} ${day(decision.expires_at)}`;
    if (decision.notice) {
      const known = notices.find(({ notice }) => notice.key === decision.notice.key && notice.version === decision.notice.version);
      const title = known ? known.label.title : decision.notice.key;
      parts[0] += `, ${by} “${title}” (${version} ${decision.notice.version})`;
    }
  }
  parts[0] += ".";
  if (box.partly) parts.push(partly);
  if (!box.changeable) parts.push(locked);
  return parts.join(" ");
}

function uses(box) {
  if (!box.uses.length) return `${words().nobody}.`;
  const one = ({ service, fields, actions }) => {
    const done = actions.map((action) => words().actions[action]).join(", ");
    return `${service.title} (${done}: ${fields.map((field) => field.title).join(", ")})`;
  };
  return `${words().uses} ${box.uses.map(one).join("; ")}.`;
}

function row(box, index, notices) {
  const about = [box.category.title || "*", box.channel.title].filter(Boolean).join(", ");
  const recipient = box.recipient.key === "first_party" ? "" : ` – ${words().to} ${box.recipient.title}`;
  const id = `box-${index}`;
  const input = make("input", {
    type: "checkbox", id, checked: box.ticked, indeterminate: box.partly, disabled: !box.changeable, dataset: { key: box.key },
  });
  input.setAttribute("aria-describedby", `${id}-state ${id}-uses`);
  input.addEventListener("change", () => act("/api/save", { key: box.key, ticked: input.checked }, words().saved));
  return make("div", { className: "box" },
    input,
    make("label", { htmlFor: id, textContent: `${box.purpose.title}: ${about}${recipient}` }),
    make("p", { id: `${id}-state`, textContent: standing(box, notices) }),
    make("p", { id: `${id}-uses`, textContent: uses(box) }));
}

function check({ name, allowed, reason }) {
  const textContent = allowed ? words().yes : `${words().no}: ${reason}`;
  const answer = make("span", { className: `answer ${allowed ? "yes" : "no"}`, textContent });
  return make("li", { dataset: { check: name, reason, allowed } }, make("span", { textContent: words().checks[name] }), answer);
}

function show(state) {
  const focused = document.activeElement?.dataset.key;
  const { notices, revision } = state.choices;
  at("choices").dataset.revision = revision;
  let count = 0;
  at("choices").replaceChildren(...notices.map(({ label, notice, boxes }) => make("fieldset", { dataset: { notice: notice.key } },
    make("legend", { textContent: label.title }),
    ...boxes.map((box) => row(box, count++, notices)))));
  list("checks", state.checks.map(check));
  list("record", state.record.map((textContent) => make("li", { textContent })));
  list("history", state.history.map(({ at: when, what, actor, method }) =>
    make("li", { textContent: `${moment(when)}: ${what} (${[actor, method].filter((part) => part !== "-").join(", ")})` })));
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

let latest = 0;

async function act(path, body, done) {
  /* What was begun before may be answered later: it must not be shown then. */
  const turn = ++latest;
  for (const input of document.querySelectorAll("#choices input, #erase")) input.disabled = true;
  at("status").textContent = words().loading;
  let said = done;
  try {
    const state = await call(path, { revision: at("choices").dataset.revision ?? "", ...body });
    if (turn !== latest) return;
    if (state.not_taken?.length) said = words().notTaken + state.not_taken.join("; ");
    show(state);
  } catch (error) {
    if (turn !== latest) return;
    said = words().failed + error.message;
    /* That it failed is told already. */
    const state = await call("/api/person", {}).catch(() => null);
    if (turn !== latest) return;
    if (state) show(state);
  }
  at("erase").disabled = false;
  at("status").textContent = said;
}

function load() {
  person = at("subject").value;
  say();
  return act("/api/person", {}, "");
}

at("who").addEventListener("submit", (event) => { event.preventDefault(); load(); });
at("language").addEventListener("change", load);
at("choices").addEventListener("submit", (event) => event.preventDefault());
at("erase").addEventListener("click", () => at("confirm").showModal());
at("confirm-no").addEventListener("click", () => at("confirm").close());
at("confirm-yes").addEventListener("click", () => { at("confirm").close(); act("/api/erase", {}, words().erased); });
load();
