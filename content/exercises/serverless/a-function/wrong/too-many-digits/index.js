const handle = async (context, event) => {
  const { symbol, before, after } = event.data;
  const changePercent = (after / before - 1) * 100;
  return { symbol, changePercent, alert: Math.abs(changePercent) >= 5 };
};

module.exports = { handle };
