import { bars, h, percent, picture, s, short, whole } from './elements.js';

const size = shape => shape.reduce((all, one) => all * one, 1);

/** The model's parameters, sorted into what stands in the picture. */
function parts(model) {
  const stacks = new Map(), rest = new Map();
  for (const { name, shape } of model.parameters) {
    const inLayer = /^(.*?)layers\.(\d+)\.(.+)\.[^.]+$/.exec(name);
    if (inLayer) {
      const [, path, layer, block] = inLayer, side = path.includes('decoder') ? 'decoder' : path.includes('encoder') ? 'encoder' : 'stack';
      const stack = stacks.get(side) ?? stacks.set(side, { layers: new Set(), blocks: new Map() }).get(side);
      stack.layers.add(layer);
      if (stack.layers.size === 1) {
        const kind = /norm/.test(block) && !/query_norm|key_norm/.test(block) ? 'norm' : /cross/.test(block) ? 'cross' : /(^|\.)(query|key|value|attention|self_attention|query_norm|key_norm|output)(\.|$)/.test(block) && !/feed/.test(block) ? 'attention' : 'feed';
        const known = stack.blocks.get(kind) ?? stack.blocks.set(kind, { count: 0, shapes: [] }).get(kind);
        known.count += size(shape);
        if (shape.length === 2) known.shapes.push([block, shape]);
      }
    } else {
      const kind = /distance/.test(name) ? 'positions' : /positions/.test(name) ? 'positions' : /types/.test(name) ? 'types' : /embedding/.test(name) ? 'embedding' : /norm/.test(name) ? 'norm' : 'head';
      const known = rest.get(kind) ?? rest.set(kind, { count: 0, shapes: [] }).get(kind);
      known.count += size(shape);
      known.shapes.push([name, shape]);
    }
  }
  return { stacks, rest };
}

/** How many of all parameters each part has. */
function shares(model) {
  const { stacks, rest } = parts(model), counts = [], names = { attention: 'attention', cross: 'cross-attention', feed: 'feed-forward', norm: 'norms', embedding: 'token embedding', positions: 'positions', types: 'token types', head: 'head' };
  for (const [side, { layers, blocks }] of stacks) for (const [kind, { count }] of blocks) counts.push([`${side === 'stack' ? '' : side + ': '}${names[kind]}`, count * layers.size]);
  for (const [kind, { count }] of rest) counts.push([names[kind], count]);
  return counts.sort((a, b) => b[1] - a[1]).map(([name, count]) => ({ name, share: count / model.count, note: percent(count / model.count) }));
}

const across = shape => shape.map(whole).join(' × ');

function draw(app, palette, go) {
  const { model } = app, { stacks, rest } = parts(model), both = stacks.size > 1, nodes = [], wide = 330, attention = app.attention();
  const box = (x, y, height, title, lines, view, label) => {
    const group = s('g', go && view ? { 'data-go': view, tabindex: 0, role: 'link', 'aria-label': `${title}: ${lines.join(', ')}. Opens ${label ?? view}.`, onclick: () => go(view), onkeydown: event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); go(view); } } } : {},
      s('rect', { x, y, width: wide, height, rx: 8, fill: view ? palette.soft : palette.paper, stroke: view ? palette.hue : palette.line, 'stroke-width': 1.2 }), s('text', { x: x + wide / 2, y: y + 20, 'text-anchor': 'middle', fill: palette.ink, 'font-weight': 600 }, title),
      lines.map((line, i) => s('text', { x: x + wide / 2, y: y + 37 + 15 * i, 'text-anchor': 'middle', fill: palette.faint, 'font-size': 11 }, short(line, wide - 16))));
    nodes.push(group);
  };
  const arrow = (x, from, to) => nodes.push(s('path', { d: `M${x} ${from}V${to + 2}m-4 6l4 -6l4 6`, fill: 'none', stroke: palette.faint, 'stroke-width': 1.4 }));
  const count = part => part ? `${whole(part.count)} parameters` : '';
  const columns = both ? ['encoder', 'decoder'] : [...stacks.keys()];
  const blocks = columns.map(side => { const found = stacks.get(side)?.blocks ?? new Map(); return ['attention', ...(found.has('cross') ? ['cross'] : []), 'feed'].filter(kind => found.has(kind)); });
  const tall = Math.max(...blocks.map(list => list.length)), height = 470 + tall * 104, ground = height - 56;
  columns.forEach((side, c) => {
    const x = 60 + c * (wide + 110), middle = x + wide / 2, { layers, blocks: found } = stacks.get(side), at = app.run.attentions.find(one => one.kind.startsWith(side === 'stack' ? 'att' : side)) ?? attention;
    let y = ground;
    box(x, y, 42, side === 'decoder' ? 'Target so far' : 'Text', [`${(side === 'decoder' ? app.run.target : app.run.source).tokens.length} tokens`], 'tokens', 'Tokens');
    y -= 92; arrow(middle, ground, y + 60);
    const table = rest.get('embedding')?.shapes;
    box(x, y, 60, 'Token embedding', [table ? `a row of ${across(table[Math.min(c, table.length - 1)][1])}` : '', count(rest.get('embedding'))], 'tokens', 'Tokens');
    const below = y; y -= 92; arrow(middle, below, y + 60);
    const place = rest.get('positions');
    box(x, y, 60, place ? 'Positions' : 'Positions without parameters', place ? [across(place.shapes[0][1]), count(place)] : ['waves, or turns inside of attention'], 'positions', 'Positions');
    let from = y;
    const frame = y - 34 - blocks[c].length * 104 - 4;
    nodes.push(s('rect', { x: x - 22, y: frame, width: wide + 44, height: y - 26 - frame, rx: 14, fill: 'none', stroke: palette.faint, 'stroke-dasharray': '6 5' }), s('text', { x: x + wide + 30, y: (frame + y - 26) / 2, fill: palette.ink, 'font-weight': 700, 'font-size': 15 }, `× ${layers.size}`));
    for (const kind of blocks[c]) {
      y -= 104;
      arrow(middle, from, y + 74);
      const part = found.get(kind), [title, line, view] = kind === 'feed' ? ['Feed-forward, add & norm', part.shapes.map(one => across(one[1])).slice(0, 2).join(', then '), 'next'] : kind === 'cross' ? ['Cross-attention, add & norm', 'keys and values from the encoder', 'alignment'] : [side === 'decoder' || model.kind === 'DECODER' ? 'Masked multi-head attention, add & norm' : 'Multi-head attention, add & norm', `${at.heads} heads of ${at.headWidth}${at.keyValueHeads !== at.heads ? `, ${at.keyValueHeads} for keys and values` : ''}`, 'grid'];
      box(x, y, 74, title, [line, `${count(part)} a layer`, kind === 'feed' ? '' : 'q, k, v and output'], kind === 'feed' ? null : view, kind === 'cross' ? 'Alignment' : 'Grid');
      if (kind === 'cross') nodes.push(s('path', { d: `M${x - 110 + 22} ${y + 37}H${x - 6}m-6 -4l6 4l-6 4`, fill: 'none', stroke: palette.hue, 'stroke-width': 1.6 }));
      from = y;
    }
    if (side !== 'encoder') {
      y = frame - 96; arrow(middle, from, y + 60);
      const head = rest.get('head'), says = { ENCODER: 'A vector for each token', CLASSIFIER: 'Labels of the text', TAGGER: 'Labels of the tokens', MASKED: 'Masked tokens', DECODER: 'The next token', ENCODER_DECODER: 'The next token of the target' }[model.kind];
      box(x, y, 60, says, [head ? count(head) : model.kind === 'ENCODER' ? 'no head' : 'by the embedding’s table once more', ''], model.kind === 'ENCODER' ? 'context' : 'next', model.kind === 'ENCODER' ? 'Word in context' : 'Next word');
    }
  });
  const width = columns.length * (wide + 110) + 40;
  return picture(width, height, `The architecture of ${app.state.model}`, palette, s('text', { x: 16, y: 24, fill: palette.ink, 'font-weight': 600 }, `${app.state.model} (${model.family}): ${whole(model.count)} parameters`), nodes);
}

export default {
  id: 'map', name: 'Map', explain: 'The loaded model as the 2017 paper draws it, with its real shapes. Click a block to see what it does.',
  selection: false,
  why: app => ({ question: 'When does the computation stop?', answer: [`The text goes upward once: through ${app.attention().layers} layers of the same form, each with numbers of its own, and then it is done. Nothing is repeated until some aim is reached. Only a model that writes goes on: it puts the token that it chose behind the text and computes again, until it chooses the one that ends a text.`] }),
  show(root, app) {
    const make = () => root.replaceChildren(h('div', { class: 'columns' }, h('div', { class: 'scroll' }, draw(app, app.palette(), view => app.set({ view }))), h('section', { class: 'side' }, h('h3', {}, 'Where the parameters are'), bars(shares(app.model)), h('p', { class: 'note' }, `${whole(app.model.count)} numbers in all, learned in training. The model takes texts of at most ${whole(app.model.longest)} tokens.`))));
    make();
    return { update: make, table: () => ({ header: ['parameter', 'shape', 'numbers'], rows: app.model.parameters.map(({ name, shape }) => [name, across(shape), size(shape)]) }), picture: palette => draw(app, palette) };
  },
};
