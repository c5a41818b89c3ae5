// The script of a graph page: src/picture/html.ts puts it there, after cytoscape and the data.
'use strict';
(() => {
  const { nodes, edges, tables } = JSON.parse(document.getElementById('data').textContent);
  const byId = (id) => document.getElementById(id);
  const make = (tag, text, className) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  const degrees = nodes.map(() => 0);
  for (const [, from, to] of edges) {
    degrees[from] += 1;
    if (to !== from) degrees[to] += 1;
  }

  const elements = [
    ...nodes.map(([table, label, x, y], i) => ({
      group: 'nodes',
      data: {
        id: `n${i}`,
        at: i,
        table,
        label: label.length > 42 ? `${label.slice(0, 40)}…` : label,
        color: tables[table].color,
        shape: tables[table].shape,
        size: Math.round(22 + Math.min(30, 4 * Math.sqrt(degrees[i]))),
      },
      position: { x, y },
    })),
    ...edges.map(([table, from, to], i) => ({
      group: 'edges',
      data: {
        id: `e${i}`,
        at: i,
        table,
        source: `n${from}`,
        target: `n${to}`,
        label: tables[table].name,
      },
    })),
  ];

  const dark = matchMedia('(prefers-color-scheme: dark)');
  const style = () => {
    const looks = getComputedStyle(document.documentElement);
    const color = (name) => looks.getPropertyValue(name).trim();
    const [text, ground, muted, focus] = ['--text', '--ground', '--muted', '--focus'].map(color);
    const font = { 'font-family': 'system-ui, sans-serif', color: text };
    return [
      {
        selector: 'node',
        style: {
          ...font,
          label: 'data(label)',
          shape: 'data(shape)',
          width: 'data(size)',
          height: 'data(size)',
          'background-color': 'data(color)',
          'border-width': 1.5,
          'border-color': ground,
          'font-size': 12,
          'text-valign': 'bottom',
          'text-margin-y': 5,
          'text-outline-color': ground,
          'text-outline-width': 2.5,
          'min-zoomed-font-size': 7,
        },
      },
      {
        selector: 'edge',
        style: {
          width: 1.4,
          'curve-style': edges.length > 1500 ? 'straight' : 'bezier',
          'line-color': muted,
          'line-opacity': 0.65,
          'target-arrow-color': muted,
          'target-arrow-shape': 'triangle',
          'arrow-scale': 0.9,
        },
      },
      {
        selector: edges.length <= 24 ? 'edge' : 'edge.near',
        style: {
          ...font,
          label: 'data(label)',
          color: muted,
          'font-size': 10,
          'text-rotation': 'autorotate',
          'text-outline-color': ground,
          'text-outline-width': 2.5,
          'min-zoomed-font-size': 7,
        },
      },
      { selector: '.far', style: { opacity: 0.22 } },
      { selector: 'edge.near', style: { width: 2.4, 'line-opacity': 1 } },
      { selector: 'node.found', style: { 'border-width': 4, 'border-color': focus } },
      {
        selector: 'node:selected',
        style: { 'border-width': 5, 'border-color': focus, 'z-index': 10 },
      },
      { selector: '.away', style: { display: 'none' } },
    ];
  };

  const cy = cytoscape({
    container: byId('graph'),
    elements,
    style: style(),
    layout: { name: 'preset' },
    minZoom: 0.04,
    maxZoom: 4,
    boxSelectionEnabled: false,
    selectionType: 'single',
  });
  dark.addEventListener('change', () => {
    cy.style(style());
    nameHubs();
  });
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const move = (options) =>
    still ? (cy.stop(), apply(options)) : cy.animate(options, { duration: 220 });
  const apply = ({ fit, center, zoom }) => {
    if (fit) cy.fit(fit.eles, fit.padding);
    if (zoom !== undefined) cy.zoom({ level: zoom, renderedPosition: middle() });
    if (center) cy.center(center.eles);
  };
  const middle = () => ({ x: cy.width() / 2, y: cy.height() / 2 });
  const shownNodes = () => cy.nodes().not('.away');

  const fit = () => {
    cy.fit(shownNodes(), 50);
    // A graph of two is no reason to fill the screen.
    if (cy.zoom() > 1.6) cy.zoom({ level: 1.6, renderedPosition: middle() });
    if (shownNodes().nonempty()) cy.center(shownNodes());
  };
  const zoomBy = (factor) => cy.zoom({ level: cy.zoom() * factor, renderedPosition: middle() });
  byId('fit').addEventListener('click', fit);
  byId('in').addEventListener('click', () => zoomBy(1.3));
  byId('out').addEventListener('click', () => zoomBy(1 / 1.3));

  // The panel: what a node or an edge holds.
  const panel = byId('panel');
  const properties = (list) => {
    const dl = make('dl');
    for (const [name, value] of list) {
      dl.append(make('dt', name));
      const dd = make('dd');
      dd.append(/\n/.test(value) ? make('pre', value) : make('span', value));
      dl.append(dd);
    }
    return dl;
  };
  const show = (element) => {
    panel.replaceChildren();
    const close = make('button', '×', 'close');
    close.setAttribute('aria-label', 'close');
    close.addEventListener('click', deselect);
    const at = element.data('at');
    const { name, color } = tables[element.data('table')];
    const kind = make('p', undefined, 'kind');
    if (element.isNode()) {
      const swatch = make('span', undefined, 'swatch');
      swatch.style.background = color;
      kind.append(swatch);
    }
    kind.append(name);
    if (element.isNode()) {
      const [, label, , , list] = nodes[at];
      panel.append(close, kind, make('h2', label), properties(list));
      const around = element.connectedEdges().not('.away');
      if (around.nonempty())
        panel.append(make('h3', `${around.length} ${around.length === 1 ? 'edge' : 'edges'}`));
      const ul = make('ul');
      around.slice(0, 200).forEach((edge) => {
        const isOut = edge.source().same(element);
        const other = isOut ? edge.target() : edge.source();
        const button = make(
          'button',
          `${isOut ? '→' : '←'} ${edge.data('label')} ${nodes[other.data('at')][1]}`,
        );
        button.addEventListener('click', () => choose(other));
        const li = make('li');
        li.append(button);
        ul.append(li);
      });
      panel.append(ul);
    } else {
      const [, from, to, list] = edges[at];
      panel.append(
        close,
        kind,
        make('h2', `${nodes[from][1]} → ${nodes[to][1]}`),
        properties(list),
      );
    }
    panel.hidden = false;
  };
  const choose = (element) => {
    cy.elements().unselect().removeClass('near far');
    element.select();
    const near = element.isNode()
      ? element.closedNeighborhood()
      : element.union(element.connectedNodes());
    cy.elements().not(near).addClass('far');
    near.edges().addClass('near');
    show(element);
    const { x1, y1, x2, y2 } = element.renderedBoundingBox();
    if (x1 < 0 || y1 < 0 || x2 > cy.width() || y2 > cy.height())
      move({ center: { eles: element } });
    byId('said').textContent =
      `${tables[element.data('table')].name} ${panel.querySelector('h2').textContent}`;
  };
  const deselect = () => {
    cy.elements().unselect().removeClass('near far');
    panel.hidden = true;
    byId('said').textContent = '';
  };
  cy.on('tap', (event) => (event.target === cy ? deselect() : choose(event.target)));

  // The legend hides tables.
  for (const button of document.querySelectorAll('#legend button')) {
    button.addEventListener('click', () => {
      const isShown = button.getAttribute('aria-pressed') === 'true';
      button.setAttribute('aria-pressed', String(!isShown));
      const own = cy
        .elements()
        .filter((element) => element.data('table') === Number(button.dataset.table));
      own.toggleClass('away', isShown);
      deselect();
    });
  }

  // Search: names and properties; Enter goes from one to the next.
  const search = byId('search');
  const texts = nodes.map(([, label, , , list]) =>
    [label, ...list.map(([, value]) => value)].join('\n').toLowerCase(),
  );
  let found = [];
  let turn = -1;
  search.addEventListener('input', () => {
    const wanted = search.value.trim().toLowerCase();
    cy.nodes().removeClass('found');
    found =
      wanted === ''
        ? []
        : shownNodes()
            .filter((node) => texts[node.data('at')].includes(wanted))
            .toArray();
    // Names before what only mentions them.
    found.sort((a, b) => rank(a, wanted) - rank(b, wanted));
    turn = -1;
    for (const node of found) node.addClass('found');
    byId('found').textContent = wanted === '' ? '' : `${found.length} found`;
  });
  const rank = (node, wanted) => {
    const label = nodes[node.data('at')][1].toLowerCase();
    return label === wanted ? 0 : label.startsWith(wanted) ? 1 : label.includes(wanted) ? 2 : 3;
  };
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      search.value = '';
      search.dispatchEvent(new Event('input'));
      byId('graph').focus();
    }
    if (event.key !== 'Enter' || found.length === 0) return;
    turn = (turn + (event.shiftKey ? -1 : 1) + found.length) % found.length;
    choose(found[turn]);
    byId('found').textContent = `${turn + 1} of ${found.length}`;
  });

  // The keyboard: arrows go to the next node in that direction.
  const directions = {
    ArrowRight: [1, 0],
    ArrowLeft: [-1, 0],
    ArrowDown: [0, 1],
    ArrowUp: [0, -1],
  };
  const nextNode = ([dx, dy]) => {
    const chosen = cy.nodes(':selected').first();
    if (chosen.empty()) {
      const at = {
        x: (cy.extent().x1 + cy.extent().x2) / 2,
        y: (cy.extent().y1 + cy.extent().y2) / 2,
      };
      return shownNodes().min((node) =>
        Math.hypot(node.position('x') - at.x, node.position('y') - at.y),
      ).ele;
    }
    const from = chosen.position();
    let best;
    let least = Infinity;
    shownNodes().forEach((node) => {
      const [x, y] = [node.position('x') - from.x, node.position('y') - from.y];
      const along = x * dx + y * dy;
      const across = Math.abs(x * dy) + Math.abs(y * dx);
      const cost = along + 2 * across;
      if (along > 0 && across <= 1.5 * along && cost < least) [best, least] = [node, cost];
    });
    return best;
  };
  byId('graph').addEventListener('keydown', (event) => {
    const direction = directions[event.key];
    if (direction) {
      const next = nextNode(direction);
      if (next) choose(next);
    } else if (event.key === 'Escape') deselect();
    else if (event.key === '+' || event.key === '=') zoomBy(1.3);
    else if (event.key === '-') zoomBy(1 / 1.3);
    else if (event.key === '0') fit();
    else return;
    event.preventDefault();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target === search) return;
    event.preventDefault();
    search.focus();
  });

  // From afar, the names of the hubs can be read.
  const HUBS = 14;
  const hubs = cy
    .nodes()
    .sort((a, b) => degrees[b.data('at')] - degrees[a.data('at')])
    .slice(0, HUBS);
  const nameHubs = () => {
    if (nodes.length > 2 * HUBS)
      hubs.style({ 'font-size': Math.max(12, 10.5 / cy.zoom()), 'z-index': 5 });
  };
  let isDue = false;
  cy.on('zoom', () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      nameHubs();
    });
  });

  new ResizeObserver(() => cy.resize()).observe(byId('graph'));
  fit();
  nameHubs();
  window.graph = { cy, choose };
})();
