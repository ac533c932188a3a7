/** Steps that conversations share. */
export const MERGE = 'application/merge-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';

export const post = (path, body, more) => ({ method: 'POST', path, body, ...more });
export const put = (path, body, more) => ({ method: 'PUT', path, body, ...more });
export const get = (path, more) => ({ method: 'GET', path, ...more });
export const patch = (path, body, more) => ({ method: 'PATCH', path, type: MERGE, body, ...more });
export const remove = (path, more) => ({ method: 'DELETE', path, ...more });

/** Makes a namespace and waits until pods can be made in it. */
export const namespace = (name, labels) => [
  post('/api/v1/namespaces', { metadata: { name, ...(labels && { labels }) } }),
  get(`/api/v1/namespaces/${name}/serviceaccounts/default`, { until: 'metadata.uid' }),
];

/** Deletes a namespace and waits until it is gone. */
export const gone = (name) => [
  remove(`/api/v1/namespaces/${name}`),
  get(`/api/v1/namespaces/${name}`, { until: 'code' }),
];
