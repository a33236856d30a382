'use strict';
'require view';
'require rpc';
'require ui';
'require poll';

/* The state of the agent, and the way into its own web UI: on its own port, opened with a ticket that is good once and
   for half a minute. It refuses to be framed, as LuCI does, so it opens in a tab of its own. */

const callStatus = rpc.declare({ object: 'sidegate', method: 'status', expect: { '': {} } });
const callTicket = rpc.declare({ object: 'sidegate', method: 'login_ticket', expect: { '': {} } });
const callScan = rpc.declare({ object: 'sidegate', method: 'scan', expect: { '': {} } });
const callUp = rpc.declare({
	object: 'sidegate',
	method: 'up',
	params: [ 'broker', 'key', 'name' ],
	expect: { '': {} }
});

const STATES = {
	'up': _('In the network'),
	'starting': _('Starting'),
	'down': _('Down'),
	'not-enrolled': _('Not in a network yet')
};

function complain(error) {
	ui.addNotification(null, E('p', {}, [ error.hint ? error.message + ' ' + error.hint : error.message ]), 'warning');
}

function refused(reply) {
	if (reply && reply.error) {
		complain(reply.error);
		return true;
	}
	return false;
}

/* The address by which the browser found LuCI is the one it can reach. */
function uiUrl(reply) {
	const urls = reply.urls || [];
	return urls.find((url) => new URL(url).hostname === location.hostname) || urls[0];
}

function openUi() {
	/* Opened before the answer: later it would be a pop-up that nobody asked for. */
	const page = window.open('about:blank', '_blank');
	return callTicket().then((reply) => {
		const url = refused(reply) ? null : uiUrl(reply);
		if (url && page)
			page.location = url + '#ticket=' + encodeURIComponent(reply.ticket);
		else if (page)
			page.close();
		if (!url && !reply.error)
			complain({ message: _('The web UI does not listen on an address of this network.') });
	}).catch(complain);
}

function row(title, value) {
	return E('tr', { 'class': 'tr' }, [
		E('td', { 'class': 'td left', 'width': '33%' }, [ title ]),
		E('td', { 'class': 'td left' }, [ value ])
	]);
}

function renderStatus(status) {
	if (status.error)
		return E('p', {}, [ status.error.message ]);
	const node = status.node || {};
	const rows = [ row(_('State'), STATES[status.state] || status.state || _('The agent does not answer')) ];
	if (node.fqdn)
		rows.push(row(_('Name'), node.fqdn), row(_('Address'), node.address4));
	if (status.broker)
		rows.push(row(_('Broker'), status.broker.url));
	const warnings = (status.health || []).map((warning) => E('div', { 'class': 'alert-message warning' }, [ E('h4', {}, [ warning.title ]), E('p', {}, [ warning.hint ]) ]));
	return E('div', {}, warnings.concat([ E('table', { 'class': 'table' }, rows) ]));
}

function renderJoin() {
	const field = (id, title, type, placeholder) => E('div', { 'class': 'cbi-value' }, [
			E('label', { 'class': 'cbi-value-title', 'for': id }, [ title ]),
			E('div', { 'class': 'cbi-value-field' }, [
				E('input', { 'id': id, 'class': 'cbi-input-text', 'type': type, 'placeholder': placeholder })
			])
		]);
	const join = () => {
		const text = (id) => document.getElementById(id).value.trim() || undefined;
		return callUp(text('sidegate-broker'), text('sidegate-key')).then((reply) => {
			if (refused(reply))
				return;
			if (reply.state === 'approval-needed')
				ui.addNotification(null, E('p', {}, [ _('Open this page and compare the code %s:').format(reply.code), ' ',
					E('a', { 'href': reply.verificationUrl, 'target': '_blank', 'rel': 'noopener' }, [ reply.verificationUrl ]) ]), 'info');
			else
				location.reload();
		}).catch(complain);
	};
	return E('div', { 'class': 'cbi-section' }, [
		E('h3', {}, [ _('Join a network') ]),
		field('sidegate-broker', _('Broker'), 'url', 'https://broker.example.com'),
		field('sidegate-key', _('Enrolment key'), 'password', _('without one, a person approves a code')),
		E('button', { 'class': 'btn cbi-button cbi-button-apply', 'click': ui.createHandlerFn(this, join) }, [ _('Join') ])
	]);
}

function renderActions() {
	const scan = () => callScan().then((reply) => {
			if (!refused(reply))
				ui.addNotification(null, E('p', {}, [ _('The scan has begun.') ]), 'info');
		}).catch(complain);
	return E('div', { 'class': 'cbi-page-actions' }, [
		E('button', { 'class': 'btn cbi-button', 'click': ui.createHandlerFn(this, scan) }, [ _('Scan the network') ]), ' ',
		E('button', { 'class': 'btn cbi-button cbi-button-action important', 'click': ui.createHandlerFn(this, openUi) }, [ _('Open Sidegate') ])
	]);
}

return view.extend({
	load: () => callStatus().catch(() => ({})),

	render: (status) => {
		const place = E('div', { 'class': 'cbi-section' }, [ renderStatus(status) ]);
		poll.add(() => callStatus().catch(() => ({})).then((now) => {
				place.replaceChildren(renderStatus(now));
			}), 5);
		return E('div', { 'class': 'cbi-map' }, [
			E('h2', {}, [ _('Sidegate') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('Reaches devices behind this router through an encrypted tunnel.') ]),
			place,
			status.state === 'not-enrolled' ? renderJoin() : renderActions()
		]);
	},

	handleSaveApply: null,
	handleSave: null,
	handleReset: null
});
