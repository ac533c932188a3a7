kubectl apply -f mtls.yaml
kubectl set serviceaccount deployment stock-con stock-con
kubectl rollout status deployment stock-con
