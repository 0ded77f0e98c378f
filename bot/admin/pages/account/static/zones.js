// Offers the zones that this browser knows.

const list = document.getElementById("zones");
for (const zone of Intl.supportedValuesOf?.("timeZone") ?? []) {
  const option = document.createElement("option");
  option.value = zone;
  list.append(option);
}
