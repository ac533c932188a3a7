ask() { bash ask.sh "$1" | awk '{print $NF}'; }
kubectl wait --for=condition=Complete job/nightly --timeout=120s
echo "requests: $(ask 'sum(istio_requests_total{reporter="destination",source_workload="nightly",destination_workload="stock-con"})')" > answer.yaml
echo "failed: $(ask 'sum(istio_requests_total{reporter="destination",source_workload="nightly",destination_workload="stock-con",response_code!="200"})')" >> answer.yaml
cat answer.yaml
