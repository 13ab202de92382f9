// A screen of a React Native app, as one would write it for a phone; here it is built for the web.

import { ConvexProvider, ConvexReactClient, useMutation, useQuery } from "convex/react";
import { anyApi as api } from "convex/server";
import { useState } from "react";
import { AppRegistry, FlatList, Pressable, StyleSheet, Text, TextInput, View } from "react-native";
import { useShown } from "./shown";

const { url, room } = window.settings;
// A phone has no page that could be left with something unsaved.
const convex = new ConvexReactClient(url, { unsavedChangesWarning: false });

type Line = { _id: string; text: string; who: string };

function Talk() {
  const lines: Line[] | undefined = useQuery(api.talk.lines, { room });
  const say = useMutation(api.talk.say);
  const [text, setText] = useState("");
  useShown(lines?.map(({ who, text }) => `${who}: ${text}`));

  const send = async () => {
    setText("");
    await say({ room, text });
  };

  return (
    <View style={styles.screen}>
      <FlatList
        data={lines ?? []}
        keyExtractor={(line: Line) => line._id}
        renderItem={({ item }: { item: Line }) => <Text style={styles[item.who as "me"]}>{item.text}</Text>}
        ListEmptyComponent={<Text>{lines === undefined ? "Loading" : "Nobody has said anything"}</Text>}
      />
      <TextInput accessibilityLabel="Message" value={text} onChangeText={setText} onSubmitEditing={send} />
      <Pressable accessibilityRole="button" onPress={send} disabled={text === ""}>
        <Text>Send</Text>
      </Pressable>
    </View>
  );
}

const styles = StyleSheet.create({
  screen: { flex: 1, height: 400, padding: 8 },
  me: { textAlign: "right" },
  server: { textAlign: "left" },
});

const App = () => (
  <ConvexProvider client={convex}>
    <Talk />
  </ConvexProvider>
);

AppRegistry.registerComponent("Talk", () => App);
AppRegistry.runApplication("Talk", { rootTag: document.getElementById("root") });
