// Called once for each event. What is returned becomes the answer.
const handle = async () => {
  return { symbol: 'NYSE:KUBE', changePercent: -6, alert: true };
};

module.exports = { handle };
