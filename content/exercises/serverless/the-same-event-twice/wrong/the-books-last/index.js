// Called once for each delivery. The ledger knows two requests:
//   POST http://ledger/bookings        books the order
//   PUT  http://ledger/bookings/KEY    books the order, unless something was booked under this key
const handle = async (context, event) => {
  const key = encodeURIComponent(`${event.source} ${event.id}`);
  const response = await fetch(`http://ledger/bookings/${key}`, {
    method: 'PUT',
    body: JSON.stringify(event.data),
  });
  if (!response.ok) throw new Error(`the ledger answered ${response.status}`);
};

module.exports = { handle };
