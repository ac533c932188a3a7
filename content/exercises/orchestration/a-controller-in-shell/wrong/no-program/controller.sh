# Makes the cluster what the websites say, once a second, until Ctrl-C.
make_it_so() {
  name=$1 uid=$2 replicas=$3 page=$4
  kubectl apply -f - <<END
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $name
  labels:
    app: $name
  ownerReferences:
    - apiVersion: slipway.example/v1
      kind: Website
      name: $name
      uid: $uid
spec:
  replicas: $replicas
  selector:
    matchLabels:
      app: $name
  template:
    metadata:
      labels:
        app: $name
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: web
          image: busybox:1
          env:
            - name: PAGE
              value: $page
END
}

while true; do
  kubectl get websites -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.uid} {.spec.replicas} {.spec.page}{"\n"}{end}' |
    while read -r name uid replicas page; do
      make_it_so "$name" "$uid" "$replicas" "$page"
    done
  sleep 1
done
