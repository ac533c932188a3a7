for name in tea bread; do
  docker build -t localhost:5001/$name:1 $name && docker push localhost:5001/$name:1
done
kubectl apply -f pods.yaml
{ curl -s localhost:5001/v2/tea/manifests/1; curl -s localhost:5001/v2/bread/manifests/1; } > manifests.json
