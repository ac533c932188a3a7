kubectl apply -f policy.yaml
