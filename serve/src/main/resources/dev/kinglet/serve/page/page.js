'use strict';

const byId = (id) => document.getElementById(id);
const model = byId('model');
const token = byId('token');
let models = [];

function headers() {
  return token.value ? { Authorization: 'Bearer ' + token.value } : {};
}

function show(element, visible) {
  element.hidden = !visible;
}

function fail(message) {
  byId('error').textContent = message;
  show(byId('error'), true);
  byId('status').textContent = '';
  byId('classes').replaceChildren();
}

async function ask(path, options) {
  const response = await fetch(path, { ...options, headers: headers() });
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch (e) {
    answer = { error: 'status ' + response.status };
  }
  if (response.status === 401) {
    show(byId('token-label'), true);
    token.focus();
  }
  if (!response.ok) {
    throw new Error(answer.error || 'status ' + response.status);
  }
  return answer;
}

async function list() {
  try {
    models = await ask('/models');
    show(byId('error'), false);
    byId('status').textContent = models.length ? 'No image yet.' : 'No model answers yet.';
  } catch (e) {
    fail(e.message);
    return;
  }
  model.replaceChildren(...models.map((one) => new Option(one.name + ' ' + one.version, one.name)));
  card();
}

function millions(number) {
  return (number / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 }) + ' million';
}

function words(key) {
  return key.charAt(0).toUpperCase() + key.slice(1).replace(/_/g, ' ');
}

function card() {
  const chosen = models.find((one) => one.name === model.value);
  const rows = [];
  if (chosen) {
    rows.push(['Network', chosen.network], ['Version', chosen.version], ['Classes', chosen.classes]);
    if (chosen.macs) {
      rows.push(['Parameters', millions(chosen.parameters)], ['Multiply-accumulates', millions(chosen.macs) + ' per image']);
    }
    rows.push(['Input', chosen.input_size + ' x ' + chosen.input_size + ' pixels, ' + chosen.interpolation
      + ', center crop of ' + chosen.crop_pct]);
    for (const [key, value] of Object.entries(chosen.provenance)) {
      rows.push([{ top1: 'Top-1 of its validation', 'kinglet.version': 'Written by Kinglet' }[key]
        || words(key), value.replace(/,(?=\S)/g, ', ')]);
    }
  }
  byId('card').replaceChildren(...rows.flatMap(([term, text]) => {
    const dt = document.createElement('dt');
    dt.textContent = term;
    const dd = document.createElement('dd');
    dd.textContent = text;
    return [dt, dd];
  }));
}

function item(label, score) {
  const li = document.createElement('li');
  const row = document.createElement('div');
  row.className = 'row';
  const percent = (100 * score).toFixed(score < 0.0005 ? 4 : 2) + ' %';
  for (const text of [label, percent]) {
    const span = document.createElement('span');
    span.textContent = text;
    row.append(span);
  }
  const meter = document.createElement('meter');
  meter.value = score;
  meter.setAttribute('aria-label', label + ', ' + percent);
  li.append(row, meter);
  return li;
}

let asked = 0;

async function classify(blob, name) {
  if (!model.value) {
    fail('There is no model to ask.');
    return;
  }
  const preview = byId('preview');
  if (preview.src) {
    URL.revokeObjectURL(preview.src);
  }
  preview.src = URL.createObjectURL(blob);
  preview.alt = 'Your image, ' + name;
  show(preview, true);
  show(byId('error'), false);
  byId('classes').replaceChildren();
  byId('status').textContent = 'Asking...';
  const mine = ++asked; // of several images the last one's answer is shown
  const start = performance.now();
  try {
    const [record] = await ask('/predictions/' + encodeURIComponent(model.value), { method: 'POST', body: blob });
    if (mine !== asked) {
      return;
    }
    const millis = performance.now() - start;
    byId('classes').replaceChildren(...record.label_names.map((label, i) => item(label, record.scores[i])));
    byId('status').textContent = name + ': ' + record.label_names[0] + ', answered in ' + millis.toFixed(0) + ' ms.';
  } catch (e) {
    if (mine === asked) {
      fail(e.message);
    }
  }
}

/** A drawing for those who have no image at hand. */
function sample() {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 256;
  const paint = canvas.getContext('2d');
  const hue = Math.floor(360 * Math.random());
  paint.fillStyle = 'hsl(' + hue + ' 50% 80%)';
  paint.fillRect(0, 0, 256, 256);
  paint.fillStyle = 'hsl(' + (hue + 180) % 360 + ' 70% 40%)';
  paint.beginPath();
  if (Math.random() < 0.5) {
    paint.arc(128, 128, 60 + 40 * Math.random(), 0, 2 * Math.PI);
  } else {
    const corners = 3 + Math.floor(4 * Math.random());
    for (let i = 0; i < corners; i++) {
      paint.lineTo(128 + 90 * Math.sin(2 * Math.PI * i / corners), 128 - 90 * Math.cos(2 * Math.PI * i / corners));
    }
  }
  paint.fill();
  // not toBlob, which encodes when the browser is idle: on a busy machine nothing would happen for seconds
  const png = atob(canvas.toDataURL('image/png').split(',')[1]);
  const bytes = Uint8Array.from(png, (character) => character.charCodeAt(0));
  classify(new Blob([bytes], { type: 'image/png' }), 'a drawn sample');
}

function first(files) {
  const file = [...files].find((one) => one.type.startsWith('image/')) || files[0];
  if (file) {
    classify(file, file.name || 'a pasted image');
  }
}

byId('preview').addEventListener('error', (event) => show(event.target, false)); // no image
model.addEventListener('change', card);
token.addEventListener('change', list);
byId('file').addEventListener('change', (event) => {
  first(event.target.files);
  event.target.value = '';
});
byId('sample').addEventListener('click', sample);
document.addEventListener('paste', (event) => first(event.clipboardData.files));
const drop = byId('drop');
for (const name of ['dragenter', 'dragover']) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
}
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) {
    drop.classList.remove('over');
  }
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  first(event.dataTransfer.files);
});
list();
