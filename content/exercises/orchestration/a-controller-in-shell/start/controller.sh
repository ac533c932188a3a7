# Makes the cluster what the websites say, once a second, until Ctrl-C.
make_it_so() {
  name=$1 uid=$2 replicas=$3 page=$4
  echo "nobody has said yet what a website is: $name, $replicas copies of \"$page\""
}

while true; do
  kubectl get websites -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.uid} {.spec.replicas} {.spec.page}{"\n"}{end}' |
    while read -r name uid replicas page; do
      make_it_so "$name" "$uid" "$replicas" "$page"
    done
  sleep 1
done
