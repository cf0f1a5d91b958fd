import { h, picture, s, short, whole, widthOf } from './elements.js';

const table = app => {
  const found = app.model.parameters.find(one => /(^|\.)(source_)?embedding\.weight$/.test(one.name));
  return found?.shape;
};

export default {
  id: 'tokens', name: 'Tokens', explain: 'The pieces that the model reads instead of letters, and their numbers in its vocabulary.',
  selection: true,
  why(app) {
    const shape = table(app), tokens = app.textOf('queries').tokens, at = tokens[app.state.query] ?? tokens[0];
    return {
      question: 'Where do the first vectors come from?',
      answer: shape ? [`From a table that was learned: ${whole(shape[0])} rows, one a token, of ${whole(shape[1])} numbers. The token “${at[2]}” has the number ${at[0]}, so its first vector is row ${at[0]}. That row is the same in every sentence; the model then adds what it knows of the position (view Positions), and the layers make it depend on the words around it (view Word in context).`,
        'Words that are not in the vocabulary are written as several pieces, which share a background here.'] : ['From a learned table with a row for each token of the vocabulary.'],
    };
  },

  show(root, app) {
    const make = () => {
      root.replaceChildren(...(app.run.target ? [['Source', app.run.source], ['Target, as the decoder is given it', app.run.target]] : [[null, app.run.source]]).map(([name, text]) => {
        const words = text.words.filter(word => app.state.special || !text.tokens[word[0]][5]);
        return h('section', {}, name ? h('h3', {}, name) : null,
          h('div', { class: 'tokens', dir: 'auto' }, words.map(word => h('span', { class: 'word' + (word.length > 1 ? ' many' : '') }, word.map(place => {
            const [id, token, shown, start, end, special] = text.tokens[place];
            return h('button', { type: 'button', class: 'token' + (special ? ' special' : ''), 'data-place': place, 'aria-pressed': String(text === app.textOf('queries') && place === app.state.query),
              title: special ? `${token}: added by the tokenizer` : `“${token}” stands for the characters ${start} to ${end}`, onclick: () => app.set({ query: place }) },
            h('b', {}, shown), h('small', {}, String(id)), h('small', {}, special ? 'special' : `${start}–${end}`));
          })))),
          h('p', { class: 'note' }, `${whole(text.tokens.length)} tokens for ${whole(text.words.filter(word => !text.tokens[word[0]][5]).length)} words and signs; the model takes at most ${whole(app.model.longest)}. Under each piece: its number in the vocabulary, and where it stands in the text.`));
      }));
    };
    make();
    return { update: make, table: () => data(app), picture: palette => draw(app, palette) };
  },
};

function data(app) {
  const rows = [];
  for (const [side, text] of [['source', app.run.source], ['target', app.run.target]]) {
    text?.words.forEach((word, number) => word.forEach(place => { const [id, token, shown, start, end, special] = text.tokens[place]; rows.push([...(app.run.target ? [side] : []), place, id, token, shown, start, end, number, special ? 'yes' : 'no']); }));
  }
  return { header: [...(app.run.target ? ['side'] : []), 'place', 'id', 'token', 'text', 'start', 'end', 'word', 'special'], rows };
}

function draw(app, palette) {
  let x = 12, y = 44;
  const boxes = [];
  for (const [id, , shown, , , special] of app.run.source.tokens) {
    const name = short(shown, 200), width = Math.max(40, widthOf(name) + 18);
    if (x + width > 900) { x = 12; y += 54; }
    boxes.push(s('rect', { x, y, width, height: 44, rx: 6, fill: palette.paper, stroke: palette.line, 'stroke-dasharray': special ? '4 3' : null }),
      s('text', { x: x + width / 2, y: y + 19, 'text-anchor': 'middle', fill: palette.ink, 'font-weight': 600 }, name),
      s('text', { x: x + width / 2, y: y + 36, 'text-anchor': 'middle', fill: palette.faint }, String(id)));
    x += width + 6;
  }
  return picture(912, y + 60, 'Tokens', palette, s('text', { x: 12, y: 26, fill: palette.ink, 'font-weight': 600 }, `Tokens and their numbers (${app.state.model})`), boxes);
}
