# Sends the function an event: bash event.sh SYMBOL BEFORE AFTER
kubectl exec deploy/exchange -- wget -qO- \
  --header 'content-type: application/json' \
  --header 'ce-specversion: 1.0' \
  --header 'ce-type: price.changed' \
  --header 'ce-source: /exchange' \
  --header "ce-id: $(date +%s)" \
  --post-data "{\"symbol\":\"$1\",\"before\":$2,\"after\":$3}" \
  http://price-alert.default.svc.cluster.local &&
  echo
