kubectl apply -f report.yaml
kn service wait report --wait-timeout 120
until [ -z "$(kubectl get pods -l serving.knative.dev/service=report -o name)" ]; do sleep 2; done
sleep 8
kubectl exec deploy/customer -- wget -T 60 -qO- http://report.default.svc.cluster.local/info
