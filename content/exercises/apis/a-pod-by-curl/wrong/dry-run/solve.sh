kubectl proxy --port=8001 &
sleep 2
curl -sS -X POST -H 'Content-Type: application/json' --data @pod.json \
  'http://127.0.0.1:8001/api/v1/namespaces/default/pods?dryRun=All'
kill %1
