ask() { bash ask.sh "$1" | awk '{print $NF}'; }
kubectl wait --for=condition=Complete job/nightly --timeout=120s
echo "requests: $(ask 'sum(rate(istio_requests_total{reporter="destination",source_workload="nightly",destination_workload="stock-con"}[10m]))')" > answer.yaml
echo "failed: $(ask 'sum(rate(istio_requests_total{reporter="destination",source_workload="nightly",destination_workload="stock-con",response_code!="200"}[10m]))')" >> answer.yaml
cat answer.yaml
