# Asks Prometheus: bash ask.sh 'QUERY'. Prints one line for each series: the labels that matter here, its value.
query=$(printf '%s' "$1" | jq -sRr @uri)
kubectl get --raw "/api/v1/namespaces/istio-system/services/prometheus:9090/proxy/api/v1/query?query=$query" |
  jq -r '.data.result[] | (.metric | to_entries | map(select(.key | test("^(reporter|.*_workload|response_code)$")) | .key + "=" + .value) | join(" ")) + "  " + .value[1]'
