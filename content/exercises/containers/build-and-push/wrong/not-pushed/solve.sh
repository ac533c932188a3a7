docker build -t localhost:5001/base:1 base
docker build -t localhost:5001/tea:1 tea
docker build -t localhost:5001/bread:1 bread
kubectl apply -f pods.yaml
